// Computes the positions of the nodes and lines in the access graph of a secret. The layout is a pure function of the access paths.
import type { Access } from '../generated/operations.ts';
import { everyAccess } from '../parts/access-names.ts';
import { type Alike, alikeLabel, foldAlike, type Reaching } from './fold-alike.ts';

export type NodeKind = 'user' | 'application' | 'several' | 'group' | 'tag' | 'role' | 'name' | 'secret';

export interface GraphNode {
  id: string;
  kind: NodeKind;
  label: string;
  /** The upper left corner of the node. All coordinates are in pixels. */
  x: number;
  y: number;
  width: number;
  /** The names of the principals, if the node represents several principals. */
  names?: string[];
}

export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  /**
   * A `member` line connects a principal to its group. A `grant` line connects a principal or a group to a tag, a role or a secret name.
   * The label of a `grant` line names the accesses. A `carries` line connects a tag, a role or a secret name to the secret.
   */
  kind: 'member' | 'grant' | 'carries';
  access: Access[];
  /** The SVG path of the line. */
  line: string;
  /** Position of the text label of the line. The label names the accesses. */
  labelAt: { x: number; y: number };
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** Title of each graph column, and x coordinate of the left edge of the column. */
  columns: { title: string; x: number }[];
  /** Each set contains the ids of all nodes and lines of one access path. */
  pathParts: ReadonlySet<string>[];
  width: number;
  height: number;
  /** Number of principals in the graph. A node that represents several principals counts as several. */
  principals: number;
  users: number;
}

/** Maximum number of principal nodes. */
export const MOST_NODES = 12;
const MOST_PATHS = 200;
export const NODE = { width: 172, height: 25 };
/** Maximum width of the node of the secret. Other nodes have a fixed width. */
const WIDEST = 360;
const LETTER = 7.2;
const PITCH = 32;
/** Height of a lane. A lane is free space between the group nodes. A line without a group crosses the column of groups through a lane. */
const LANE = 18;
/** Horizontal gap to the left of each graph column. A gap is wider if its lines have labels. */
const BEFORE = [0, 56, 88, 48];
const TOP = 30;
const EDGE = 2;
const TITLES = ['Principals', 'Groups', 'Granted on', 'Secret'];

interface Station {
  id: string;
  column: number;
  height: number;
  node?: { kind: NodeKind; label: string; names?: string[] };
}

interface Link {
  from: string;
  to: string;
  kind: GraphEdge['kind'];
  access: Set<Access>;
  /** Id of the lane through which the line crosses the column of groups. The id is undefined if the line needs no lane. */
  by?: string;
}

/**
 * Computes the graph for the first principals of a list. The graph has four columns: principals, groups, grant targets, the secret. `more`
 * is true if the gateway has further principals that are not in the list.
 */
export function layoutOf(secret: string, reaching: readonly Reaching[], more = false): Graph {
  const stations = new Map<string, Station>();
  const links = new Map<string, Link>();
  const pathParts: Set<string>[] = [];
  const drawn = fitting(foldAlike(reaching, MOST_NODES));
  const grouped = drawn.some(({ paths }) => paths.some(({ group }) => group !== null));

  const station = (id: string, column: number, kind: NodeKind, label: string, names?: string[]): string => {
    if (!stations.has(id))
      stations.set(id, { id, column, height: PITCH, node: { kind, label, ...(names && { names }) } });
    return id;
  };
  const link = (from: string, to: string, kind: Link['kind'], access: readonly Access[] = [], by?: string): string => {
    const id = `${from} > ${to}`;
    const found = links.get(id) ?? { from, to, kind, access: new Set(), ...(by !== undefined && { by }) };
    for (const one of access) found.access.add(one);
    links.set(id, found);
    return id;
  };

  for (const alike of drawn) {
    const { principals, paths } = alike;
    const who = station(
      nodeId(alike),
      0,
      kindOf(alike),
      alikeLabel(alike, more),
      principals.length > 1 ? principals.map(({ name }) => name) : undefined,
    );
    for (const { access, role, group, tag } of paths) {
      const through = group === null ? undefined : station(group.id, 1, 'group', group.name);
      const on =
        role !== null
          ? station(`role ${role}`, 2, 'role', role)
          : tag !== null
            ? station(`tag ${tag.id}`, 2, 'tag', tag.id)
            : station('name', 2, 'name', 'name of this secret');
      const lane = through === undefined && grouped ? `lane ${who}` : undefined;
      if (lane !== undefined && !stations.has(lane)) stations.set(lane, { id: lane, column: 1, height: LANE });
      const along = [who, on, 'secret'];
      if (through !== undefined) along.push(through, link(who, through, 'member'));
      along.push(link(through ?? who, on, 'grant', access, lane), link(on, 'secret', 'carries'));
      pathParts.push(new Set(along));
    }
  }
  if (drawn.length > 0) station('secret', 3, 'secret', secret);

  const columns = [0, 1, 2, 3].map((column) => [...stations.values()].filter((one) => one.column === column));
  const untangled = untangle(columns, [...links.values()]);
  const height = Math.max(0, ...untangled.map(heightOf));
  const places = new Map<string, { x: number; y: number }>();
  const near = neighbours(links.values());
  let width = 0;
  const titles: Graph['columns'] = [];
  for (const [index, column] of untangled.entries()) {
    if (column.length === 0) continue;
    const x = width === 0 ? EDGE : width + (BEFORE[index] ?? 0);
    titles.push({ title: TITLES[index] ?? '', x });
    const ys = beside(column, height, (id) => (near.get(id) ?? []).flatMap((other) => places.get(other)?.y ?? []));
    for (const [i, { id }] of column.entries()) places.set(id, { x, y: ys[i] ?? 0 });
    width = x + (index === 3 ? widthOf(secret) : NODE.width);
  }

  const principals = drawn.flatMap((alike) => alike.principals);
  return {
    nodes: [...stations.values()].flatMap(({ id, node }) => {
      const place = places.get(id);
      return node === undefined || place === undefined
        ? []
        : [
            {
              id,
              ...node,
              x: place.x,
              y: TOP + place.y - NODE.height / 2,
              width: node.kind === 'secret' ? widthOf(secret) : NODE.width,
            },
          ];
    }),
    edges: [...links].map(([id, one]) => edge(id, one, [...links.values()], places)),
    columns: titles,
    pathParts,
    width: width + EDGE,
    height: TOP + height,
    principals: principals.length,
    users: principals.filter(isUser).length,
  };
}

/** Maximum number of label characters in a graph node that is `width` pixels wide. */
export const lettersIn = (width: number): number => Math.floor((width - BESIDE_LABEL) / LETTER);

/** Width of the icon and the margins in a graph node, in pixels. */
const BESIDE_LABEL = 35;

const widthOf = (secret: string): number =>
  Math.min(Math.max(NODE.width, BESIDE_LABEL + Math.ceil(secret.length * LETTER)), WIDEST);

const isUser = ({ __typename }: Reaching['principal']): boolean => __typename !== 'Application';

const nodeId = ({ principals }: Alike): string =>
  principals.length > 1 ? `alike ${principals[0]?.id}` : (principals[0]?.id ?? '');

function kindOf({ principals }: Alike): NodeKind {
  if (principals.every(isUser)) return principals.length > 1 ? 'several' : 'user';
  return principals.some(isUser) ? 'several' : 'application';
}

/**
 * Returns the ids of all nodes and lines on the access paths that contain the node `id`. If `id` is undefined, returns the ids of all nodes
 * and lines.
 */
export function traced({ pathParts }: Graph, id: string | undefined): ReadonlySet<string> {
  return new Set(pathParts.filter((parts) => id === undefined || parts.has(id)).flatMap((parts) => [...parts]));
}

/** Describes the access graph in words, for screen readers. */
export function summaryOf(secret: string, graph: Graph): string {
  const counted = (found: number, one: string) =>
    found === 0 ? [] : found === 1 ? [`one ${one}`] : [`${found} ${one}s`];
  const count = (kind: NodeKind) => counted(graph.nodes.filter((node) => node.kind === kind).length, kind);
  const who = [...counted(graph.users, 'user'), ...counted(graph.principals - graph.users, 'application')];
  const by = [
    ...count('group'),
    ...count('tag'),
    ...graph.nodes.filter(({ kind }) => kind === 'role').map(({ label }) => `the role ${label}`),
    ...(graph.nodes.some(({ kind }) => kind === 'name') ? ['grants on the name of the secret'] : []),
  ];
  if (who.length === 0) return `No one can access ${secret}.`;
  return `${listed(who)} can access ${secret}, through ${listed(by)}. The table below lists all access paths.`;
}

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

/** Selects the principals that the graph shows. The numbers of nodes and access paths are limited, so that the graph stays readable. */
function fitting(nodes: readonly Alike[]): Alike[] {
  const drawn: Alike[] = [];
  let left = MOST_PATHS;
  for (const one of nodes.slice(0, MOST_NODES)) {
    if (drawn.length > 0 && one.paths.length > left) break;
    drawn.push({ ...one, paths: one.paths.slice(0, left) });
    left -= one.paths.length;
  }
  return drawn;
}

const heightOf = (column: readonly Station[]): number => column.reduce((sum, { height }) => sum + height, 0);

/**
 * Stacks the stations (nodes and lanes) of a graph column. Returns the vertical centre of each station, relative to the centre of the
 * column.
 */
function middles(column: readonly Station[]): Map<string, number> {
  let y = -heightOf(column) / 2;
  return new Map(
    column.map(({ id, height }) => {
      y += height;
      return [id, y - height / 2];
    }),
  );
}

/**
 * Returns the vertical centre of each node of a graph column. Each node is as near as possible to the mean height of the nodes to which
 * lines connect it on the left.
 */
function beside(column: readonly Station[], height: number, before: (id: string) => number[]): number[] {
  // The function subtracts the heights of all higher nodes from the position of each node. The nodes of a column do not overlap if these
  // differences never decrease from top to bottom.
  let room = 0;
  const rooms = column.map((one) => {
    room += one.height;
    return room - one.height / 2;
  });
  const still = [...middles(column).values()];
  const blocks: { sum: number; count: number }[] = [];
  for (const [i, { id }] of column.entries()) {
    const ys = before(id);
    const wanted = ys.length === 0 ? height / 2 + (still[i] ?? 0) : mean(ys);
    blocks.push({ sum: wanted - (rooms[i] ?? 0), count: 1 });
    for (let last = blocks.at(-1), above = blocks.at(-2); last && above; last = blocks.at(-1), above = blocks.at(-2)) {
      if (above.sum / above.count <= last.sum / last.count) break;
      blocks.splice(-2, 2, { sum: above.sum + last.sum, count: above.count + last.count });
    }
  }
  const free = height - heightOf(column);
  return blocks
    .flatMap(({ sum, count }) => Array<number>(count).fill(Math.min(Math.max(sum / count, 0), free)))
    .map((y, i) => y + (rooms[i] ?? 0));
}

const mean = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0) / numbers.length;

/** Maps each station (node or lane) of the graph to the stations with which it shares a line. */
function neighbours(links: Iterable<Link>): Map<string, string[]> {
  const near = new Map<string, string[]>();
  const join = (a: string, b: string) => {
    near.set(a, [...(near.get(a) ?? []), b]);
    near.set(b, [...(near.get(b) ?? []), a]);
  };
  for (const { from, to, by } of links) {
    if (by === undefined) join(from, to);
    else {
      join(from, by);
      join(by, to);
    }
  }
  return near;
}

const SWEEPS = 6;

/**
 * Orders the stations (nodes and lanes) of each graph column so that few lines cross. The function sorts the stations by the mean position
 * of their neighbours.
 */
function untangle(columns: Station[][], links: readonly Link[]): Station[][] {
  const near = neighbours(links);
  const ordered = columns.map((column) => [...column]);
  const sweep = (index: number, beside: number) => {
    const column = ordered[index] ?? [];
    const there = middles((ordered[beside] ?? []).length > 0 ? (ordered[beside] ?? []) : column);
    const here = middles(column);
    const pull = (id: string) => {
      const found = (near.get(id) ?? []).flatMap((other) => there.get(other) ?? []);
      return found.length === 0 ? (here.get(id) ?? 0) : mean(found);
    };
    column.sort((a, b) => pull(a.id) - pull(b.id));
  };
  const used = ordered.flatMap((column, index) => (column.length > 0 ? [index] : []));
  for (let round = 0; round < SWEEPS; round += 1) {
    for (let i = 1; i < used.length; i += 1) sweep(used[i] as number, used[i - 1] as number);
    for (let i = used.length - 2; i >= 0; i -= 1) sweep(used[i] as number, used[i + 1] as number);
  }
  return ordered;
}

function edge(
  id: string,
  { from, to, kind, access, by }: Link,
  links: readonly Link[],
  places: ReadonlyMap<string, { x: number; y: number }>,
): GraphEdge {
  const at = (station: string) => {
    const { x, y } = places.get(station) ?? { x: 0, y: 0 };
    return { x, y: TOP + y };
  };
  const stops = [from, ...(by === undefined ? [] : [by]), to].map(at);
  const pieces = stops.slice(1).map((stop, i) => {
    const before = stops[i] ?? stop;
    return { x1: before.x + NODE.width, y1: before.y, x2: stop.x, y2: stop.y };
  });
  const line = pieces
    .map(({ x1, y1, x2, y2 }, i) => {
      const middle = (x1 + x2) / 2;
      return `${i === 0 ? 'M' : 'L'}${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
    })
    .join('');
  // Each label is near one end of its line: the end where fewer lines meet.
  const beside = links.filter((other) => other.kind === 'grant' && other.from === from).length;
  const together = links.filter((other) => other.kind === 'grant' && other.to === to).length;
  const t = beside > together ? 0.7 : 0.3;
  const { x1, y1, x2, y2 } = pieces.at(-1) ?? { x1: 0, y1: 0, x2: 0, y2: 0 };
  return {
    id,
    from,
    to,
    kind,
    access: everyAccess.filter((one) => access.has(one)),
    line,
    // The position of the label is a point on the curve of the line.
    labelAt: { x: x1 + (x2 - x1) * (1.5 * t * (1 - t) + t ** 3), y: y1 + (y2 - y1) * (3 * t ** 2 - 2 * t ** 3) },
  };
}
