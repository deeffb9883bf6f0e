// Reports the resource usage of a measured process by IPC. All measured servers use this code.

export interface Usage {
  /** The CPU time in user mode and system mode since the start of the process. */
  microseconds: number;
  /** The resident memory of the process, according to the operating system. */
  residentBytes: number;
  /**
   * The longest iteration of the event loop since the previous report, in microseconds of CPU time of the main thread. A timer that fires in every
   * iteration marks the iterations. The field is 0 if the measurement of iterations was not started.
   */
  longestTurn: number;
}

export type Question = { ask: 'usage' } | { ask: 'watch' } | { ask: 'profile' } | { ask: 'profiled'; file: string };

/** Answers the messages of the bench. Ends the process when the bench ends, even if the bench is killed. */
export function answerQuestions(): void {
  let profiling: { stop(file: string): Promise<void> } | undefined;
  let longestTurn = () => 0;
  const answer = async (question: Question): Promise<Usage | true> => {
    if (question.ask === 'usage') {
      const { user, system } = process.cpuUsage();
      return {
        microseconds: user + system,
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

/** The function measures CPU time instead of clock time, so that unrelated processes on the machine do not affect the result. */
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
