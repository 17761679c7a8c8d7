import { defineConfig } from "vite";

/** A static site: relative addresses, so that it works from a folder, from `quorate lab`, and offline. */
export default defineConfig({
  base: "./",
  resolve: { conditions: ["@quorate/source", "module", "browser", "development|production"] },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { outDir: "dist/site", emptyOutDir: true, target: "es2024", modulePreload: { polyfill: false } },
});
