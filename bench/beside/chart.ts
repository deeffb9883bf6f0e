// Draws the results as an SVG chart. The chart shows the throughput of the gateway relative to OpenBao, and the CPU time of each request.
import type { Report } from './report.ts';
import type { Result } from './results.ts';
import { GOALS } from './rows.ts';

const WIDTH = 1_000;
const ROW = 30;
const TOP = 92;
const LABELS = 274;
const PANEL = 300;
const GAP = 60;
const BAR_HEIGHT = 16;

/** The chart uses the colour scheme of the reader, and draws a background. */
export function chart({ results, options, machine, at }: Report): string {
  const height = TOP + results.length * ROW + 64;
  const bottom = TOP + results.length * ROW;
  const goalOf = ({ key }: Result) => GOALS[key]?.toOpenbao?.[1];
  const cpuOf = ({ contestants }: Result) => contestants.openbao?.server?.median ?? 0;
  const ratio = {
    x: LABELS,
    most: Math.max(1, ...results.map((one) => Math.max(one.toOpenbao?.most ?? 0, goalOf(one) ?? 0))),
  };
  const cpu = {
    x: LABELS + PANEL + GAP,
    most: Math.max(1, ...results.map((one) => Math.max(one.cpu?.most ?? 0, cpuOf(one)))),
  };
  const one = LABELS + PANEL / ratio.most;
  const rows = results.map((result, i) => {
    const y = TOP + i * ROW;
    return [
      `<text class="label" x="${LABELS - 12}" y="${y + 20}" text-anchor="end">${escaped(result.title)}, ${result.connections}</text>`,
      ...(result.toOpenbao ? [bar(ratio, result.toOpenbao.median, y + 7, BAR_HEIGHT, 'gateway', 2)] : []),
      ...(result.toOpenbao ? [spread(ratio, result.toOpenbao, y)] : []),
      goal(ratio, goalOf(result), y),
      ...(result.cpu ? [bar(cpu, result.cpu.median, y + 5, BAR_HEIGHT / 2, 'gateway', 0)] : []),
      ...(cpuOf(result) > 0 ? [bar(cpu, cpuOf(result), y + 16, BAR_HEIGHT / 2, 'reference', 0)] : []),
    ].join('\n');
  });
  const { rounds, seconds, secrets } = options;
  const how = `${secrets.toLocaleString('en-US')} secrets, medians of ${rounds} rounds of ${seconds} s; thin lines show minimum and maximum`;
  const { node, PostgreSQL, OpenBao } = machine.versions;
  const where = [
    `${machine.cpu}, ${machine.cores} cores`,
    `Node ${node}`,
    `PostgreSQL ${PostgreSQL}`,
    `OpenBao ${OpenBao}`,
    at.slice(0, 10),
  ].join(' · ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title">
<title id="title">Throughput relative to OpenBao, and CPU time of each request, of the gateway</title>
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
<text class="head" x="24" y="32">The gateway beside OpenBao</text>
<text class="note" x="24" y="52">${escaped(how)}</text>
<text class="note" x="24" y="${TOP - 10}">operation, connections</text>
<text class="head" x="${ratio.x}" y="${TOP - 10}">requests/s, OpenBao = 1</text>
<text class="head" x="${cpu.x}" y="${TOP - 10}">CPU µs: gateway, OpenBao</text>
<line class="one" x1="${round(one)}" x2="${round(one)}" y1="${TOP}" y2="${bottom}"/>
${rows.join('\n')}
<line class="goal" x1="${LABELS}" x2="${LABELS}" y1="${bottom + 12}" y2="${bottom + 26}"/>
<text class="goal-text" x="${LABELS + 8}" y="${bottom + 24}">goal</text>
<text class="note" x="24" y="${bottom + 50}">${escaped(where)}</text>
</svg>
`;
}

interface Panel {
  x: number;
  /** The value whose bar is as wide as the panel. */
  most: number;
}

function bar({ x, most }: Panel, value: number, top: number, height: number, kind: string, digits: number): string {
  const width = round((value / most) * PANEL);
  const size = height < BAR_HEIGHT ? ' class="note"' : '';
  const after = digits === 0 ? width + 6 : PANEL + 6;
  return [
    `<rect class="${kind}" x="${x}" y="${top}" width="${width}" height="${height}" rx="2"/>`,
    `<text${size} x="${x + after}" y="${top + height - (digits === 0 ? -1 : 3)}">${value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })}</text>`,
  ].join('\n');
}

function spread({ x, most }: Panel, { least, most: highest }: { least: number; most: number }, y: number): string {
  const at = (value: number) => round(x + (value / most) * PANEL);
  return `<line class="spread" x1="${at(least)}" x2="${at(highest)}" y1="${y + ROW / 2}" y2="${y + ROW / 2}"/>`;
}

function goal({ x, most }: Panel, value: number | undefined, y: number): string {
  if (value === undefined) return '';
  const at = round(x + (value / most) * PANEL);
  return `<line class="goal" x1="${at}" x2="${at}" y1="${y + 4}" y2="${y + ROW - 4}"/>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
