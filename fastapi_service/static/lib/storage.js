/** What the browser remembers of this page. Where the browser forbids storage, nothing is remembered and nothing fails. */

/** `open()` gives a Storage of the browser's. It is called each time, because a browser may throw even at that. */
function storage(open) {
  return {
    /** The text that is kept under `wta.{key}`, or null. */
    recall(key) {
      try {
        return open().getItem(`wta.${key}`);
      } catch {
        return null;
      }
    },

    /** Keep a text. In a private window, or when the storage is full, it is lost with the page. */
    remember(key, value) {
      try {
        open().setItem(`wta.${key}`, value);
      } catch {
        // The page works without it.
      }
    },

    forget(key) {
      try {
        open().removeItem(`wta.${key}`);
      } catch {
        // Nothing was kept, so nothing has to go.
      }
    },
  };
}

/** Kept until the reader clears it: choices. */
export const browserStorage = storage(() => localStorage);

/** Kept until this tab is closed, and seen by no other tab: credentials, and which talks the tab shows. */
export const tabStorage = storage(() => sessionStorage);
