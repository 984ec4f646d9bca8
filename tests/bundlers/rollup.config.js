import url from "@rollup/plugin-url"
import css from "rollup-plugin-css-only"
import manifest from "rollup-plugin-output-manifest"

export default {
  input: { main: "src/main.js" },
  output: {
    dir: "static/rollup",
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
    assetFileNames: "[name]-[hash][extname]",
  },
  plugins: [css(), url({ limit: 0, fileName: "[name]-[hash][extname]" }), manifest.default()],
}
