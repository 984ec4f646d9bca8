import { defineConfig } from "vite"

export default defineConfig({
  base: "./",
  build: {
    outDir: "static/vite",
    manifest: true,
    assetsInlineLimit: 0,
    rollupOptions: { input: "src/main.js" },
  },
})
