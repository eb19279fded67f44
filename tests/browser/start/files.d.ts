// What bundlers make of a file: esbuild by its loader, Vite by `?url`.
declare module "*.wasm" {
  const file: string | Uint8Array;
  export default file;
}
declare module "*.wasm?url" {
  const url: string;
  export default url;
}
