// Where the page lies, whatever the address of the file that asks: links and requests begin here.

const ROOT = new URL("../", import.meta.url);
export const at = (path) => new URL(path, ROOT).href;
