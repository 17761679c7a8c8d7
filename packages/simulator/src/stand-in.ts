/** A part as it is, but for what is put in place of some of its members. */
export function around<Part extends object>(sound: Part, replaced: Partial<Part>): Part {
  return new Proxy(sound, {
    get(part, name): unknown {
      if (Object.hasOwn(replaced, name)) return Reflect.get(replaced, name);
      const own: unknown = Reflect.get(part, name, part);
      return typeof own === "function" ? (own.bind(part) as unknown) : own;
    },
  });
}
