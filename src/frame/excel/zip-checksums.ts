/** What a ZIP archive tells of its parts, which the library that unpacks it does not look at. */

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;

/** The checksum of each part by its name. @throws {RangeError} when the archive has no list of them */
export function readChecksums(bytes: Uint8Array): ReadonlyMap<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const sums = new Map<string, number>();
  let { at, count } = findList(view);
  for (; count > 0; count--) {
    if (view.getUint32(at, true) !== ENTRY) throw new RangeError("its list of parts is damaged");
    const isUtf8 = (view.getUint16(at + 8, true) & 0x800) !== 0;
    const length = view.getUint16(at + 28, true);
    const name = Buffer.from(bytes.subarray(at + 46, at + 46 + length));
    sums.set(name.toString(isUtf8 ? "utf8" : "latin1"), view.getUint32(at + 16, true));
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return sums;
}

/** Where the list of parts begins, and how many there are. */
function findList(view: DataView): { at: number; count: number } {
  let end = view.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== END) end--;
  if (end < 0) throw new RangeError("its list of parts is not there");
  if (end >= 20 && view.getUint32(end - 20, true) === LOCATOR_64) {
    const wide = Number(view.getBigUint64(end - 12, true));
    if (wide + 56 <= view.byteLength && view.getUint32(wide, true) === END_64) {
      const at = Number(view.getBigUint64(wide + 48, true));
      return { at, count: Number(view.getBigUint64(wide + 32, true)) };
    }
  }
  return { at: view.getUint32(end + 16, true), count: view.getUint16(end + 10, true) };
}
