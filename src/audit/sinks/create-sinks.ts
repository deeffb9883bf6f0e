import type { Logger } from 'pino';
import { fileSink } from './file-sink.ts';
import { type HttpSinkOptions, httpSink } from './http-sink.ts';
import { SINK_NAMES, type Sink, type SinkName } from './sink.ts';
import { type SyslogAddress, syslogSink } from './syslog-sink.ts';

/** The sinks of a gateway. A missing member means that the gateway does not have the sink. */
export interface SinkSettings {
  /** The path of a file. */
  file?: string | undefined;
  syslog?: SyslogAddress | undefined;
  http?: HttpSinkOptions | undefined;
}

export function createSinks({ file, syslog, http }: SinkSettings, log: Logger): Sink[] {
  return [
    ...(file === undefined ? [] : [fileSink(file, log)]),
    ...(syslog === undefined ? [] : [syslogSink(syslog)]),
    ...(http === undefined ? [] : [httpSink(http)]),
  ];
}

export function namesOf(settings: SinkSettings): SinkName[] {
  return SINK_NAMES.filter((name) => settings[name] !== undefined);
}
