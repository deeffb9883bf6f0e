package secretsgateway.conductor;

/** A call of the gateway failed. The message never contains a secret value, so the engine can log and store it. */
abstract sealed class GatewayException extends RuntimeException {

    private GatewayException(String message) {
        super(message);
    }

    /** The gateway refused the call. If the module sends the same call again, the gateway refuses it again. */
    static final class Refused extends GatewayException {
        final int status;

        Refused(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    /** The gateway rejected the access key of this engine. */
    static final class Rejected extends GatewayException {
        Rejected() {
            super("The secrets gateway rejected the access key of the Conductor server.");
        }
    }

    /** The gateway did not respond, or is overloaded. The call may succeed later. */
    static final class Unavailable extends GatewayException {
        Unavailable() {
            super("The secrets gateway did not answer.");
        }
    }
}
