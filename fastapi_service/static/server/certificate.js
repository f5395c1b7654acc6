/** A server that signs its own certificate (deploy/caddy) offers it. A device that trusts the certificate no longer warns. */

const PATH = "caddy-root.crt"; // beside the page

/** Show `element` if the server offers its certificate. */
export async function offerCertificate(element, { protocol }) {
  if (protocol !== "https:") return;
  const answer = await fetch(PATH, { method: "HEAD" }).catch(() => null);
  element.hidden = !answer?.ok;
}
