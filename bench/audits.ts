// Who can, what can, why: asked of a world and of one ten times as large, in turn. What an auditor asks must not take longer because there is more.
import { table } from '../src/commands/table.ts';
import { asking, type Cast, castOf } from './cast.ts';
import { cleaningUp } from './cleanup.ts';
import { type Compared, compare } from './side-by-side.ts';
import { openWorld, type World } from './world.ts';

/** The larger world's median may be so many times the smaller one's. */
const MOST = 1.5;
const TIMES = 10;

type Side = World & { cast: Cast };
type Question = (side: Side, n: number) => Promise<unknown>;

const any = <T>(of: readonly T[], n: number): T => of[n % of.length] as T;
const FIRST = { first: 50 };

const QUESTIONS: Record<string, Question> = {
  'secrets, admin': (side) => asking(side, side.cast.admin).secretReader.list({}, 'NAME_ASC', FIRST),
  'secrets, wide': (side, n) => asking(side, any(side.cast.wide, n)).secretReader.list({}, 'NAME_ASC', FIRST),
  'secrets, narrow': (side, n) => asking(side, any(side.cast.narrow, n)).secretReader.list({}, 'NAME_ASC', FIRST),
  'secret, wide': (side, n) => asking(side, any(side.cast.wide, n)).secretReader.find(any(side.cast.shared, n), false),
};

/** `npm run bench -- audits [SECRETS]`: so many in the smaller world, 100,000 unless said. */
export async function run([secrets = '100000']: readonly string[]): Promise<void> {
  await cleaningUp(async (undo) => {
    const side = async (times: number): Promise<Side> => {
      const scale = (Number(secrets) / 100_000) * times;
      const size = { secrets: 100_000 * scale, principals: 5_000 * scale, groups: 500 * scale, grants: 10_000 * scale };
      const world = await openWorld(size, { undo });
      return { ...world, cast: await castOf(world) };
    };
    const [small, large] = [await side(1), await side(TIMES)];
    const results: Compared[] = [];
    for (const [name, ask] of Object.entries(QUESTIONS)) {
      const compared = await compare({ name, small: (n) => ask(small, n), large: (n) => ask(large, n) });
      results.push(compared);
      console.error(rowOf(compared).join('  '));
    }
    const head = ['', 'small median', 'p99', 'large median', 'p99', 'ratio'];
    console.log(table(head, results.map(rowOf), [1, 2, 3, 4, 5]));
    const slow = results.filter(({ ratio }) => !(ratio <= MOST));
    for (const { name } of slow)
      console.error(`${name}: more than ${MOST} times as long in a world ${TIMES} times as large`);
    if (slow.length > 0) process.exitCode = 1;
  });
}

const ms = (time: number) => `${time.toFixed(2)} ms`;
const rowOf = ({ name, small, large, ratio }: Compared) => [
  name,
  ms(small.median),
  ms(small.p99),
  ms(large.median),
  ms(large.p99),
  ratio.toFixed(2),
];
