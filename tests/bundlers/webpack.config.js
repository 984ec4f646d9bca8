import path from "node:path"
import MiniCssExtractPlugin from "mini-css-extract-plugin"
import { WebpackManifestPlugin } from "webpack-manifest-plugin"

export default {
  mode: "production",
  entry: { main: "./src/main.js" },
  output: {
    path: path.resolve("static/webpack"),
    publicPath: "auto",
    filename: "[name].[contenthash].js",
    assetModuleFilename: "[name].[contenthash][ext]",
  },
  module: {
    rules: [
      { test: /\.css$/, use: [MiniCssExtractPlugin.loader, "css-loader"] },
      { test: /\.svg$/, type: "asset/resource" },
    ],
  },
  plugins: [new MiniCssExtractPlugin({ filename: "[name].[contenthash].css" }), new WebpackManifestPlugin()],
}
