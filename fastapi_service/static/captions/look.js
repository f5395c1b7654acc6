/** How captions look, as the page's address says: `?lines=3&size=8&color=ffee00&ground=00000080`. */

/** What each name in the address sets, and what it may be. What is anything else is left as it is. */
const LOOK = {
  lines: { property: "--lines", valid: /^[1-9]$/, value: String },
  size: { property: "--size", valid: /^\d{1,2}(\.\d)?$/, value: (percent) => `${percent}vmin` },
  color: { property: "--colour", valid: /^([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i, value: (hex) => `#${hex}` },
  ground: { property: "--ground", valid: /^([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i, value: (hex) => `#${hex}` },
};

/** Set the look that `search`, the part of an address from ? on, asks for. */
export function applyLook(element, search) {
  for (const [name, value] of new URLSearchParams(search)) {
    const look = LOOK[name];
    if (look?.valid.test(value)) element.style.setProperty(look.property, look.value(value));
  }
}
