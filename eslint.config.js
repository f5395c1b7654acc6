/** What checks the page's JavaScript: mistakes, circles, and which folder may import which (docs/page.md). */

import js from "@eslint/js";
import { createNodeResolver, importX } from "eslint-plugin-import-x";
import globals from "globals";

const PAGE = "fastapi_service/static";

/** What each folder may import beside itself. None may import main.js, which alone imports from all of them. */
const MAY_IMPORT = {
  lib: [],
  sentences: [],
  texts: [],
  server: ["lib"],
  transcript: ["lib", "sentences", "texts"],
  talks: ["sentences", "server", "transcript"],
  overview: ["lib", "sentences"],
  microphone: ["lib"],
  settings: ["lib", "texts"],
  export: ["lib", "sentences"],
  history: ["lib", "sentences", "talks"],
  files: ["lib", "server", "talks", "texts"],
  page: ["lib", "microphone", "talks", "texts"],
  captions: ["lib", "sentences", "server", "texts"],
  dashboard: ["lib", "page", "sentences", "texts"],
};

const walls = Object.entries(MAY_IMPORT).map(([folder, others]) => ({
  target: `${PAGE}/${folder}`,
  from: PAGE,
  except: [folder, ...others].map((each) => `./${each}`),
  message: `${folder}/ may import ${others.map((each) => `${each}/`).join(", ") || "no other folder"} (eslint.config.js).`,
}));

export default [
  js.configs.recommended,
  {
    files: [`${PAGE}/**/*.js`],
    languageOptions: { globals: globals.browser },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createNodeResolver()] },
    rules: {
      "import-x/named": "error",
      "import-x/no-cycle": "error",
      "import-x/no-duplicates": "error",
      "import-x/no-restricted-paths": ["error", { zones: walls }],
      "import-x/no-unresolved": "error",
    },
  },
  { files: [`${PAGE}/microphone/pcm-worklet.js`], languageOptions: { globals: globals.audioWorklet } },
];
