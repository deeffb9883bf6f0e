import type { Database, Transaction } from './client.ts';

/** Thrown to roll a transaction back. The error carries the result of the work out of the transaction. */
class RolledBack<T> extends Error {
  readonly result: T;
  constructor(result: T) {
    super('The transaction was rolled back on purpose.');
    this.name = 'RolledBack';
    this.result = result;
  }
}

/** Runs `work` in a transaction, rolls the transaction back, and returns the result of `work`. @throws the error of `work` */
export async function rolledBack<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  try {
    return await database.transaction<never>(async (tx) => {
      throw new RolledBack(await work(tx));
    });
  } catch (error) {
    if (error instanceof RolledBack) return error.result;
    throw error;
  }
}
