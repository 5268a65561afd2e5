// What the API takes in a field, asked of its own description, so that no list of it is written
// here.

import { request } from "../api.js";

let description = null;

// The schema itself, where it is only referred to as "#/components/schemas/JobBody".
function resolved(schema) {
  const path = schema.$ref?.split("/").slice(1) ?? [];
  return path.reduce((place, part) => place[part], path.length ? description : schema);
}

function fieldOf({ requestBody, parameters }, name) {
  if (requestBody) return resolved(requestBody.content["application/json"].schema).properties[name];
  return parameters.find((parameter) => parameter.name === name).schema;
}

const valuesOf = (schema) => schema.enum ?? schema.anyOf.flatMap((part) => part.enum ?? []);

// The values of a field of the body, or of a parameter where there is no body.
export async function valuesFor(method, path, name) {
  description ??= await request("GET", "api/openapi.json");
  return valuesOf(fieldOf(description.paths[path][method], name));
}

// The same for a select: [value, text], the value itself where there are no words for it.
export async function choicesFor(method, path, name, words) {
  const values = await valuesFor(method, path, name);
  return values.map((value) => [value, words[value] ?? value]);
}
