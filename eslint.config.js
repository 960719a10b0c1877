import js from "@eslint/js";

const browser = [
  "AbortController", "Blob", "DataTransfer", "Event", "File", "FormData", "Image", "ImageData", "MutationObserver", "Node", "NodeFilter", "Option",
  "ResizeObserver", "TextDecoder", "URL", "URLSearchParams", "WebSocket", "atob", "btoa", "clearTimeout", "document", "fetch", "history",
  "location", "navigator", "performance", "prompt", "requestAnimationFrame", "setTimeout", "window",
];

export default [
  { ignores: ["tests/ui/vendor/"] },
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2025,
      sourceType: "module",
      globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
    },
    rules: { "no-undef": "error", "no-unused-vars": "error", "prefer-const": "error", eqeqeq: "error" },
  },
];
