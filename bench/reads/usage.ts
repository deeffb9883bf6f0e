// How a measured process reports its resource usage by IPC. All servers use the same code.

export interface Usage {
  /** CPU in user and system mode since the process started. */
  microseconds: number;
  /** SQL statements sent since the process started. Undefined for a server that does not count them here. */
  statements: number | undefined;
  /** Resident memory as the operating system reports it. */
  residentBytes: number;
  /**
   * The longest turn of the event loop since the previous report, in microseconds of CPU of the main thread. A timer that is always due marks the turns.
   * 0 if the measurement of turns was not started.
   */
  longestTurn: number;
}

export type Question = { ask: 'usage' } | { ask: 'watch' } | { ask: 'profile' } | { ask: 'profiled'; file: string };

/** Answers the messages of the bench. Ends the process when the bench ends, even if the bench is killed. */
export function answerQuestions(statements?: () => number): void {
  let profiling: { stop(file: string): Promise<void> } | undefined;
  let longestTurn = () => 0;
  const answer = async (question: Question): Promise<Usage | true> => {
    if (question.ask === 'usage') {
      const { user, system } = process.cpuUsage();
      return {
        microseconds: user + system,
        statements: statements?.(),
        residentBytes: process.memoryUsage.rss(),
        longestTurn: longestTurn(),
      };
    }
    if (question.ask === 'watch') longestTurn = watchTurns();
    else if (question.ask === 'profile') profiling = await startProfile();
    else await profiling?.stop(question.file);
    return true;
  };
  process.on('message', (question: Question) => void answer(question).then((reply) => process.send?.(reply)));
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}

const TURN_MS = 2;

/** Measures CPU time and not clock time, so that other processes on the machine do not count. */
function watchTurns(): () => number {
  let longest = 0;
  let last = process.threadCpuUsage();
  const turn = () => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, user + system);
    last = process.threadCpuUsage();
  };
  setInterval(turn, TURN_MS).unref();
  return () => {
    turn();
    const result = longest;
    longest = 0;
    return result;
  };
}

async function startProfile() {
  const [{ Session }, { writeFile }] = await Promise.all([
    import('node:inspector/promises'),
    import('node:fs/promises'),
  ]);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  return {
    async stop(file: string) {
      const { profile } = await session.post('Profiler.stop');
      session.disconnect();
      await writeFile(file, JSON.stringify(profile));
    },
  };
}
