/** The value under a name that may be any text: what every object inherits, such as `constructor`, is none. */
export function ownValue<Item>(
  values: Readonly<Record<string, Item>> | undefined,
  name: string,
): Item | undefined {
  return values !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
}
