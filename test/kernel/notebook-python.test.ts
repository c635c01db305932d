import { expect, inject, test } from "vitest";
import { notebookOf } from "./notebook-project.ts";

const python = inject("python");

test.runIf(python !== null)(
  "runs a Python cell again when its file or a module that it imports is saved",
  async () => {
    const { write, ended, value, standing } = await notebookOf({
      "hex.config.json": JSON.stringify({ name: "Python", python }),
      "cells/1-factor.ts": `import { slider } from "hex-runtime";
export default slider({ min: 1, max: 9, default: 2 });`,
      "cells/2-product.py": "from _numbers import base\n\nproduct = base * factor\n",
      "cells/3-told.ts": `import { cell } from "hex-runtime";
import product from "./2-product.py";
export default cell({ product }, ({ product }) => \`product \${product}\`);`,
      "cells/_numbers.py": "base = 3\n",
    });
    expect(await ended()).toMatchObject({ status: "completed" });
    expect(value("told")).toBe("product 6");

    await write("cells/_numbers.py", "base = 4\n");
    expect(await ended()).toMatchObject({ status: "completed", cause: "change" });
    expect(value("told")).toBe("product 8");

    await write("cells/2-product.py", "product = factor\n");
    await ended();
    expect(value("told")).toBe("product 2");
    expect(standing("factor")?.state).not.toBe("failed");

    await write("cells/2-product.py", "produkt = factor\n");
    expect(await ended()).toMatchObject({ status: "failed" });
    await write("cells/2-product.py", "product = factor + 1\n");
    await ended();
    expect(value("told")).toBe("product 3");
  },
);
