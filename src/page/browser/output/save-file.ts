/** Saves something that was made in the browser as a file. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name.replace(/[^\p{L}\p{N} ._-]+/gu, "_");
  link.click();
  // a browser reads it after the click has been handled
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
