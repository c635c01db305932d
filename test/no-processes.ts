import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

const refuse = () => {
  throw new Error("Expected a test of the lane `unit` to start no process (name it in `world`)");
};
// Whoever imports it by name gets these, too.
Object.assign(childProcess, {
  ...{ spawn: refuse, spawnSync: refuse, fork: refuse },
  ...{ exec: refuse, execSync: refuse, execFile: refuse, execFileSync: refuse },
});
syncBuiltinESMExports();
