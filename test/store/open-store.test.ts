import { readdir } from "node:fs/promises";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { parseStoreLocation } from "../../src/store/location.ts";
import { openStore } from "../../src/store/open-store.ts";
import { temporaryFolder } from "./temporary-folder.ts";

it("opens a store on disk and writes nothing yet", async () => {
  const folder = await temporaryFolder();
  const store = await openStore(parseStoreLocation("file:.hex/store", folder));
  expect(store.location).toBe(`file:${folder}/.hex/store`);
  expect(await store.read("a")).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
});

it("opens a store on S3 and asks no server yet", async () => {
  const spec = { url: "s3://bucket/app", endpoint: "http://127.0.0.1:9" };
  const store = await openStore(parseStoreLocation(spec, "/"));
  expect(store.location).toBe("s3://bucket/app");
  await store.close();
  await store.close();
});

it("wants the secrets that the location names", async () => {
  const secrets = { accessKeyIdSecret: "S3_KEY", secretAccessKeySecret: "S3_SECRET" };
  const location = parseStoreLocation({ url: "s3://bucket", ...secrets }, "/");
  await expect(openStore(location)).rejects.toMatchObject({
    code: "HEX_SECRET_MISSING",
    message:
      "Expected the secrets S3_KEY, S3_SECRET to be set, got no values " +
      "(they are named in `store` as the credentials for S3)",
  });
});

it("loads neither the S3 client nor what reads CSV before they are needed", async () => {
  const loaded = await staticImports("src/store/open-store.ts", "src/store/publication.ts");
  expect(loaded).toContain("src/store/directory/directory-store.ts");
  expect(loaded).toContain("src/frame/arrow/arrow-write.ts");
  expect(loaded.filter((path) => /aws-sdk|s3-store|frame\/csv|duckdb|danfo/.test(path))).toEqual(
    [],
  );
});

/** All that a program has loaded once it has imported these files. */
async function staticImports(...entryPoints: string[]): Promise<string[]> {
  const options = { bundle: true, platform: "node", format: "esm", packages: "external" } as const;
  const { metafile } = await build({
    ...options,
    entryPoints,
    outdir: "never-written",
    write: false,
    metafile: true,
  });
  const loaded = new Set<string>();
  const visit = (path: string) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    const imports = metafile.inputs[path]?.imports ?? [];
    for (const { kind, path } of imports) if (kind === "import-statement") visit(path);
  };
  entryPoints.forEach(visit);
  return [...loaded];
}
