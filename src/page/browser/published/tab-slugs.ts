/** What stands for each tab in an address: of its title, and another one for each. */
export function toTabSlugs(titles: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return titles.map((title, index) => {
    const plain = title
      .toLowerCase()
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^-|-$/g, "");
    const slug = plain === "" || taken.has(plain) ? `${index + 1}` : plain;
    taken.add(slug);
    return slug;
  });
}
