// Files and folders that were dropped or chosen, as classes: {dataset, classes: [{label, files}]}.

const NO_PICTURE = /\.(txt|md|csv|tsv|json|jsonl|ini|db|xml|html|part|pdf|zip)$/i;
const isHidden = (path) => path.split("/").some((part) => part.startsWith("."));

// Whatever may be a picture; the server says what is wrong with the rest.
const mayBePicture = ({ path }) => !NO_PICTURE.test(path) && !isHidden(path);

// entries: [{path, file}], path like "family/anna/1.jpg". A class is the folder that a picture lies
// in; files without a folder come in `loose`.
export function asClasses(entries) {
  const found = entries.filter(mayBePicture);
  const classes = new Map();
  const loose = [];
  let dataset = "";
  for (const { path, file } of found) {
    const folders = path.split("/").filter(Boolean).slice(0, -1);
    if (!folders.length) {
      loose.push(file);
      continue;
    }
    const label = folders.at(-1);
    dataset ||= folders.at(-2) ?? "";
    classes.set(label, [...(classes.get(label) ?? []), file]);
  }
  return { dataset, classes: [...classes].map(([label, files]) => ({ label, files })), loose };
}

export const ofInput = (input) =>
  [...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file }));

const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

// All of a folder: the browser hands it out in pieces.
async function childrenOf(directory) {
  const reader = directory.createReader();
  const children = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return children;
    children.push(...some);
  }
}

async function under(entry, before) {
  const path = before ? `${before}/${entry.name}` : entry.name;
  if (entry.isFile) return [{ path, file: await fileOf(entry) }];
  const children = await childrenOf(entry);
  return (await Promise.all(children.map((child) => under(child, path)))).flat();
}

// What was dropped. The entries must be taken at once, before anything is waited for.
export async function ofDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [...transfer.files];
  if (!entries.some((entry) => entry.isDirectory))
    return files.map((file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map((entry) => under(entry, "")))).flat();
}
