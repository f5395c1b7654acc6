/** The name of an ISO 639 `code` in the reader's own language, such as "Korean"; the code itself where it has no name. */
export function languageName(code, reader) {
  try {
    return new Intl.DisplayNames([reader], { type: "language" }).of(code) ?? code;
  } catch {
    return code; // the browser throws for what is no code at all
  }
}
