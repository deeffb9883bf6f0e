/**
 * Ends the process after a short time. Without this call, timers and connections of libraries would delay the end of the process by seconds. Examples
 * are the exporters of OpenTelemetry and the Conductor client.
 */
export function exitSoon(code: number): number {
  setTimeout(() => process.exit(code), 200).unref();
  return code;
}
