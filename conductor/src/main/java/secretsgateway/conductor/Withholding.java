package secretsgateway.conductor;

import java.io.OutputStream;
import java.io.PrintStream;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.Configuration;

/**
 * Drops all log lines and printed text of a thread while the thread runs a task with secret values. The engine and its
 * libraries quote the request in their errors, for example the URL with its query.
 */
final class Withholding {

    private static final ThreadLocal<int[]> LINES = new ThreadLocal<>();
    private static final ThreadLogFilter FILTER = new ThreadLogFilter();
    private static Configuration filtered;

    private Withholding() {}

    /** Starts to drop the log lines of the current thread. */
    static void begin() {
        install();
        LINES.set(new int[1]);
    }

    /** Stops dropping log lines, and returns the number of dropped log lines. */
    static int end() {
        int[] lines = LINES.get();
        LINES.remove();
        return lines == null ? 0 : lines[0];
    }

    static boolean active() {
        return LINES.get() != null;
    }

    static void count() {
        int[] lines = LINES.get();
        if (lines != null) lines[0]++;
    }

    /** INVARIANT: the active log configuration contains the filter. A reloaded log configuration lacks the filter. */
    private static synchronized void install() {
        LoggerContext context = LoggerContext.getContext(false);
        if (filtered == context.getConfiguration()) return;
        if (filtered == null) {
            FILTER.start();
            context.addPropertyChangeListener(change -> install());
            System.setOut(new ThreadStream(System.out));
            System.setErr(new ThreadStream(System.err));
        }
        filtered = context.getConfiguration();
        filtered.addFilter(FILTER);
    }

    /** Standard output that drops the text of a thread while the thread has secret values. Python scripts print to it. */
    private static final class ThreadStream extends PrintStream {

        ThreadStream(PrintStream real) {
            super(new ThreadOutput(real), true);
        }
    }

    private static final class ThreadOutput extends OutputStream {

        private final PrintStream real;

        ThreadOutput(PrintStream real) {
            this.real = real;
        }

        @Override
        public void write(int octet) {
            if (!active()) real.write(octet);
            else if (octet == '\n') count();
        }

        @Override
        public void write(byte[] octets, int from, int length) {
            if (!active()) real.write(octets, from, length);
            else count();
        }

        @Override
        public void flush() {
            real.flush();
        }
    }
}
