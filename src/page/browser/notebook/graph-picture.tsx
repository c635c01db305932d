import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { STATE_WORDS } from "./cell-progress.tsx";
import { type GraphNode, layOutGraph, NODE_HEIGHT } from "./graph-layout.ts";
import type { NotebookCell } from "./notebook-model.ts";

interface GraphPictureProps {
  readonly cells: readonly NotebookCell[];
}

/** How the cells hang together, and how each is doing; a click leads to the cell. */
export function GraphPicture({ cells }: GraphPictureProps): JSX.Element {
  const described = cells.map(({ cell }) => cell);
  const shape = JSON.stringify(described.map(({ name, dependencies }) => [name, dependencies]));
  const { nodes, edges, width, height } = useMemo(() => layOutGraph(described), [shape]);
  const byName = new Map(cells.map((each) => [each.cell.name, each]));
  return (
    <details class="graph" open>
      <summary class="graph__title">
        Graph <span class="graph__count">{countOf(cells)}</span>
      </summary>
      <nav class="graph__scroll" aria-label="Graph of the cells">
        <svg
          class="graph__picture"
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
        >
          <title>Cells, from what others hang on to what hangs on others</title>
          <g>
            {edges.map(({ from, to, path }) => (
              <path
                key={`${from} ${to}`}
                class={`graph__edge graph__edge--${byName.get(to)?.progress.state ?? "idle"}`}
                d={path}
              />
            ))}
          </g>
          {nodes.map((node) => {
            const cell = byName.get(node.name);
            return cell && <Node key={node.name} node={node} {...cell} />;
          })}
        </svg>
      </nav>
    </details>
  );
}

function countOf(cells: readonly NotebookCell[]): string {
  const count = (state: string) => cells.filter(({ progress }) => progress.state === state).length;
  const counts = (["running", "waiting", "failed"] as const).flatMap((state) => {
    const many = count(state);
    return many === 0 ? [] : [`${many} ${STATE_WORDS[state]}`];
  });
  return [`${cells.length} cells`, ...counts].join(" · ");
}

interface NodeProps extends NotebookCell {
  readonly node: GraphNode;
}

function Node({ node, cell, progress, problem }: NodeProps): JSX.Element {
  const { name, x, y, width } = node;
  const state = problem === null ? progress.state : "failed";
  const above = cell.dependencies.join(", ");
  const label = `${name}: ${STATE_WORDS[state]}${above === "" ? "" : `; hangs on ${above}`}`;
  const letters = Math.floor((width - 30) / 7);
  const text = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
  return (
    <a
      class={`graph__node graph__node--${state}`}
      href={`#cell-${name}`}
      aria-label={label}
      onClick={(event) => {
        event.preventDefault();
        showCell(name);
      }}
    >
      <title>{label}</title>
      <rect x={x} y={y} width={width} height={NODE_HEIGHT} rx={6} />
      <circle cx={x + 14} cy={y + NODE_HEIGHT / 2} r={4.5} />
      <text x={x + 26} y={y + NODE_HEIGHT / 2} dy="0.35em">
        {text}
      </text>
    </a>
  );
}

/** Scrolls to a cell, and gives it the focus. */
function showCell(name: string): void {
  const element = document.getElementById(`cell-${name}`);
  element?.scrollIntoView({ block: "start" });
  element?.focus({ preventScroll: true });
}
