// Draws the results as an SVG chart. The chart shows the throughput relative to the bare server, and the 99th percentiles of latency.
import type { Report } from './report.ts';
import { BARE, type Result, type Spread } from './results.ts';

const WIDTH = 1_000;
const ROW = 30;
const TOP = 92;
const LABELS = 274;
const PANEL = 300;
const GAP = 60;
const BAR_HEIGHT = 16;

/** The goals for the throughput relative to the bare server. */
const GOALS: Readonly<Record<string, number>> = { graphql: 1.2, rest: 2 };

/** The chart uses the colour scheme of the reader, and draws a background. */
export function chart({ results, options, machine, at }: Report): string {
  const height = TOP + results.length * ROW + 64;
  const ratio = { x: LABELS, most: most(results, ({ key, toBare }) => [toBare.most, GOALS[key] ?? 0]), digits: 2 };
  const p99 = { x: LABELS + PANEL + GAP, most: most(results, (one) => [one.p99.most]), digits: 1 };
  const one = LABELS + PANEL / ratio.most;
  const bottom = TOP + results.length * ROW;
  const rows = results.map((result, i) => {
    const y = TOP + i * ROW;
    const kind = ['bare', 'postgraphile', 'apollo'].includes(result.key) ? 'reference' : 'gateway';
    return [
      `<text class="label" x="${LABELS - 12}" y="${y + 20}" text-anchor="end">${escaped(result.title)}</text>`,
      bar(ratio, result.toBare, y, kind),
      goal(ratio, GOALS[result.key], y),
      bar(p99, result.p99, y, kind),
    ].join('\n');
  });
  const { rounds, seconds, secrets, connections } = options;
  const how = [
    `${secrets.toLocaleString('en-US')} secrets, ${connections} connections, medians of ${rounds} rounds of ${seconds} s`,
    'thin lines show minimum and maximum',
  ].join('; ');
  const { node, PostgreSQL } = machine.versions;
  const where = [
    `${machine.cpu}, ${machine.cores} cores`,
    `Node ${node}`,
    `PostgreSQL ${PostgreSQL}`,
    at.slice(0, 10),
  ].join(' · ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">Throughput relative to a bare server, and 99th percentiles, of the gateway and its references</title>
<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .ground { fill: #ffffff }
  .head { font-weight: 600; font-size: 15px }
  .note { fill: #59636e; font-size: 12px }
  .gateway { fill: #0969da }
  .reference { fill: #9198a1 }
  .spread, .one { stroke: #1f2328; stroke-width: 1 }
  .one { stroke-dasharray: 3 3; opacity: 0.6 }
  .goal { stroke: #bc4c00; stroke-width: 3 }
  .goal-text { fill: #bc4c00; font-size: 12px }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .ground { fill: #0d1117 }
    .note { fill: #9198a1 }
    .gateway { fill: #4493f8 }
    .reference { fill: #656c76 }
    .spread, .one { stroke: #f0f6fc }
    .goal { stroke: #f0883e }
    .goal-text { fill: #f0883e }
  }
</style>
<rect class="ground" width="${WIDTH}" height="${height}"/>
<text class="head" x="24" y="32">Reads: the gateway and its references</text>
<text class="note" x="24" y="52">${escaped(how)}</text>
<text class="head" x="${ratio.x}" y="${TOP - 10}">requests/s, (a) = 1</text>
<text class="head" x="${p99.x}" y="${TOP - 10}">p99, ms</text>
<line class="one" x1="${one}" x2="${one}" y1="${TOP}" y2="${bottom}"/>
${rows.join('\n')}
<line class="goal" x1="${LABELS}" x2="${LABELS}" y1="${bottom + 12}" y2="${bottom + 26}"/>
<text class="goal-text" x="${LABELS + 8}" y="${bottom + 24}">goal</text>
<text class="note" x="24" y="${bottom + 50}">${escaped(where)}</text>
</svg>
`;
}

interface Panel {
  x: number;
  /** The value whose bar is as wide as the chart. */
  most: number;
  digits: number;
}

function bar({ x, most, digits }: Panel, { median, least, most: highest }: Spread, y: number, kind: string): string {
  const at = (value: number) => x + (value / most) * PANEL;
  const top = y + (ROW - BAR_HEIGHT) / 2;
  const middle = y + ROW / 2;
  return [
    `<rect class="${kind}" x="${x}" y="${top}" width="${round(at(median) - x)}" height="${BAR_HEIGHT}" rx="2"/>`,
    `<line class="spread" x1="${round(at(least))}" x2="${round(at(highest))}" y1="${middle}" y2="${middle}"/>`,
    `<text x="${round(Math.max(at(median), at(highest)) + 6)}" y="${y + 20}">${median.toFixed(digits)}</text>`,
  ].join('\n');
}

function goal({ x, most }: Panel, value: number | undefined, y: number): string {
  if (value === undefined) return '';
  const at = round(x + (value / most) * PANEL);
  return `<line class="goal" x1="${at}" x2="${at}" y1="${y + 4}" y2="${y + ROW - 4}"/>`;
}

function most(results: readonly Result[], of: (result: Result) => number[]): number {
  return Math.max(...results.flatMap(of), ...results.filter(({ key }) => key === BARE).map(() => 1)) * 1.02;
}

const round = (value: number) => Math.round(value * 10) / 10;
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
