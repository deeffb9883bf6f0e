package secretsgateway.conductor;

/** A call of the gateway failed. The message never has a secret value, so that the message can be logged and stored. */
abstract sealed class GatewayException extends RuntimeException {

    private GatewayException(String message) {
        super(message);
    }

    /** The gateway answered that the call is not allowed or not possible. Sending the same call again does not help. */
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

    /** The gateway did not answer, or is overloaded. The call may succeed later. */
    static final class Unavailable extends GatewayException {
        Unavailable() {
            super("The secrets gateway did not answer.");
        }
    }
}
