import { isAbsolute, relative, sep } from "node:path";
import type { StoreLocation } from "../store/location.ts";

/** A store's location in one text, by which what is noted of it is found again. */
export function toPlace(location: StoreLocation): string {
  if (location.kind === "directory") return `file:${location.directory}`;
  const { endpoint = "", bucket, prefix } = location;
  return `${endpoint} s3://${bucket}/${prefix}`;
}

/** Whether a store lies in the project's own folder, with which it comes and goes. */
export function isInside(directory: string, location: StoreLocation): boolean {
  if (location.kind !== "directory") return false;
  const way = relative(directory, location.directory);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
