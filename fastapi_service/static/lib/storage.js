/** What this browser remembers; a browser that forbids it simply forgets. */

export function recall(key) {
  try {
    return localStorage.getItem(`wta.${key}`);
  } catch {
    return null;
  }
}

export function forget(key) {
  try {
    localStorage.removeItem(`wta.${key}`);
  } catch {
    // Then there is nothing to forget.
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`wta.${key}`, value);
  } catch {
    // Private window, or storage is full: only the choice is lost.
  }
}
