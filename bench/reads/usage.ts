// What a measured process tells of itself, by IPC: the same way for all of them.

export interface Usage {
  /** Of CPU, in user and system mode, since it began. */
  microseconds: number;
  /** Sent to the database since it began. Undefined for one that does not count them here. */
  statements: number | undefined;
  /** Of memory, as the system shows it. */
  residentBytes: number;
}

export type Question = { ask: 'usage' } | { ask: 'profile' } | { ask: 'profiled'; file: string };

/** Answers the questions of the bench, and ends with it, whatever became of it. */
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
  process.on('message', (question: Question) => void answer(question).then((told) => process.send?.(told)));
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
