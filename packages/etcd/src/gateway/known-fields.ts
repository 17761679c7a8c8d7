import type { DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";

/**
 * A message's JSON without fields that the message does not have, which etcd's gateway ignores. The protobuf library can do
 * so too, but then it also ignores names that an enum does not have, which etcd refuses.
 */
export function withKnownFields(message: DescMessage, json: JsonValue): JsonValue {
  if (!isObject(json)) return json;
  const known: JsonObject = {};
  for (const [key, value] of Object.entries(json)) {
    const field = fieldsOf(message).get(key);
    if (field !== undefined) known[key] = knownValue(field, value);
  }
  return known;
}

function knownValue(field: DescField, value: JsonValue): JsonValue {
  if (field.fieldKind === "message") return withKnownFields(field.message, value);
  if (field.fieldKind !== "list" || field.listKind !== "message" || !Array.isArray(value)) return value;
  return value.map((item) => withKnownFields(field.message, item));
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

const fieldsByMessage = new Map<DescMessage, ReadonlyMap<string, DescField>>();

/** By either form of their names. */
function fieldsOf(message: DescMessage): ReadonlyMap<string, DescField> {
  let fields = fieldsByMessage.get(message);
  if (fields === undefined) {
    fields = new Map(
      message.fields.flatMap((field) => [field.name, field.jsonName].map((name) => [name, field] as const)),
    );
    fieldsByMessage.set(message, fields);
  }
  return fields;
}
