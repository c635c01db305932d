/// <reference path="./design/style-files.d.ts" />
import "./design/design.css";
import { untilSeen } from "./painted.ts";

await untilSeen();
await import("./main.tsx");
