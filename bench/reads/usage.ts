// How a measured process reports its resource usage by IPC. All servers use the same code.

export interface Usage {
  /** CPU in user and system mode since the process started. */
  microseconds: number;
  /** SQL statements sent since the process started. Undefined for a server that does not count them here. */
  statements: number | undefined;
  /** Resident memory as the operating system reports it. */
  residentBytes: number;
}

export type Question = { ask: 'usage' } | { ask: 'profile' } | { ask: 'profiled'; file: string };

/** Answers the messages of the bench. Ends the process when the bench ends, even if the bench is killed. */
export function answerQuestions(statements?: () => number): void {
  let profiling: { stop(file: string): Promise<void> } | undefined;
  const answer = async (question: Question): Promise<Usage | true> => {
    if (question.ask === 'usage') {
      const { user, system } = process.cpuUsage();
      return { microseconds: user + system, statements: statements?.(), residentBytes: process.memoryUsage.rss() };
    }
    if (question.ask === 'profile') profiling = await startProfile();
    else await profiling?.stop(question.file);
    return true;
  };
  process.on('message', (question: Question) => void answer(question).then((reply) => process.send?.(reply)));
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
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
