package secretsgateway.conductor;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.SmartInitializingSingleton;

/**
 * Checks at the start that the gateway accepts the access key and has the expected calls. The engine starts without the
 * gateway: the check is repeated, and tasks that need secrets fail in the meantime.
 */
final class GatewayConnection implements SmartInitializingSingleton {

    private static final Logger LOGGER = LoggerFactory.getLogger(GatewayConnection.class);
    private static final int PROTOCOL = 1;
    private static final long AGAIN_MS = 5_000;

    private final GatewayClient gateway;
    private final GatewaySettings settings;

    GatewayConnection(GatewayClient gateway, GatewaySettings settings) {
        this.gateway = gateway;
        this.settings = settings;
    }

    @Override
    public void afterSingletonsInstantiated() {
        try {
            check();
        } catch (GatewayException.Unavailable e) {
            LOGGER.warn("The secrets gateway at {} does not answer yet. Tasks that need secrets fail.", settings.url());
            Thread.ofPlatform().daemon().name("secrets-gateway-connection").start(this::checkLater);
        }
    }

    private void check() {
        try {
            JsonNode answer = gateway.getOnce("/conductor");
            int protocol = answer.path("protocol").asInt();
            if (protocol != PROTOCOL)
                throw refused("speaks the protocol " + protocol + ". This module expects " + PROTOCOL + ".");
        } catch (GatewayException.Rejected e) {
            throw refused("rejected the access key.");
        } catch (GatewayException.Refused e) {
            throw refused("refused the connection (HTTP " + e.status + "): " + e.getMessage());
        }
        LOGGER.info("The secrets gateway at {} resolves the secrets of this engine.", settings.url());
    }

    private void checkLater() {
        while (true) {
            try {
                Thread.sleep(AGAIN_MS);
                check();
                return;
            } catch (GatewayException.Unavailable e) {
                LOGGER.warn("The secrets gateway at {} does not answer yet.", settings.url());
            } catch (StartRefused e) {
                LOGGER.error(e.getMessage());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private StartRefused refused(String reason) {
        return new StartRefused(List.of("The secrets gateway at " + settings.url() + " " + reason));
    }
}
