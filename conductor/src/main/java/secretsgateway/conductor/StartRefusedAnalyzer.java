package secretsgateway.conductor;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Prints why the module refused to start, without a stack trace. */
final class StartRefusedAnalyzer extends AbstractFailureAnalyzer<StartRefused> {

    @Override
    protected FailureAnalysis analyze(Throwable root, StartRefused cause) {
        return new FailureAnalysis(
                "The Conductor server cannot start with conductor.secrets.type=gateway:"
                        + System.lineSeparator()
                        + cause.getMessage(),
                "Change the settings conductor.secrets.gateway.*, or see conductor/README.md of the secrets gateway.",
                cause);
    }
}
