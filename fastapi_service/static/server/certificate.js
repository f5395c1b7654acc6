/** A server whose certificate is its own (deploy/caddy) offers it: a device that trusts it warns no more. */

const PATH = "/caddy-root.crt";

/** Show `element` where there is a certificate to be had. */
export async function offerCertificate(element, { protocol }) {
  if (protocol !== "https:") return;
  const answer = await fetch(PATH, { method: "HEAD" }).catch(() => null);
  element.hidden = !answer?.ok;
}
