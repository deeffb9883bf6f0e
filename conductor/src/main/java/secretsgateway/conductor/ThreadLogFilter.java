package secretsgateway.conductor;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.Marker;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.filter.AbstractFilter;
import org.apache.logging.log4j.message.Message;

/** Denies every log line of a thread that runs a task with secret values. */
final class ThreadLogFilter extends AbstractFilter {

    private static Result decide(Logger logger, Level level) {
        if (!Withholding.active()) return Result.NEUTRAL;
        if (logger.getLevel().isLessSpecificThan(level)) Withholding.count();
        return Result.DENY;
    }

    @Override
    public Result filter(LogEvent event) {
        return Withholding.active() ? Result.DENY : Result.NEUTRAL;
    }

    @Override
    public Result filter(Logger logger, Level level, Marker marker, Message message, Throwable thrown) {
        return decide(logger, level);
    }

    @Override
    public Result filter(Logger logger, Level level, Marker marker, Object message, Throwable thrown) {
        return decide(logger, level);
    }

    /** All variants for a text with parameters call this method. */
    @Override
    public Result filter(Logger logger, Level level, Marker marker, String message, Object... parameters) {
        return decide(logger, level);
    }
}
