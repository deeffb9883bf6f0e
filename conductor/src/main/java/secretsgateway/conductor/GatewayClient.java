package secretsgateway.conductor;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sends requests to the gateway as one application: signs in, renews the token, and sends a request again if the gateway
 * does not respond.
 */
final class GatewayClient {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);
    private static final long RENEW_BEFORE_MS = 60_000;
    private static final long[] RETRY_DELAYS_MS = {50, 200, 500, 1_000, 2_000, 2_000};

    private final GatewaySettings settings;
    private final ObjectMapper json;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT).build();

    private String token;
    private long renewAt;

    GatewayClient(GatewaySettings settings, ObjectMapper engine) {
        this.settings = settings;
        // The engine's mapper drops null in maps. A task would get a different input than the engine stores.
        this.json = engine.copy().setDefaultPropertyInclusion(JsonInclude.Include.ALWAYS);
    }

    /** The JSON mapper for the bodies of requests and responses. */
    ObjectMapper json() {
        return json;
    }

    /** Sends a request, and sends the request again for some seconds if the gateway does not respond. */
    JsonNode post(String path, Object body) {
        return send(path, bytes(body), RETRY_DELAYS_MS.length);
    }

    JsonNode get(String path) {
        return send(path, null, RETRY_DELAYS_MS.length);
    }

    /** Sends a request only once, for callers that need no retry if the gateway is unavailable. */
    JsonNode getOnce(String path) {
        return send(path, null, 0);
    }

    private JsonNode send(String path, byte[] body, int retries) {
        for (int attempt = 0; ; attempt++) {
            try {
                return sendSignedIn(path, body);
            } catch (GatewayException.Unavailable e) {
                if (attempt >= retries) throw e;
                pause(RETRY_DELAYS_MS[attempt]);
            }
        }
    }

    private JsonNode sendSignedIn(String path, byte[] body) {
        String used = currentToken(null);
        HttpResponse<byte[]> response = exchange(path, body, used);
        if (response.statusCode() == 401) response = exchange(path, body, currentToken(used));
        if (response.statusCode() == 401) throw new GatewayException.Rejected();
        return answer(response);
    }

    /** Returns a valid token. If the gateway rejected a token, the caller passes this token as {@code rejected}. */
    private synchronized String currentToken(String rejected) {
        boolean usable = token != null && !token.equals(rejected) && System.currentTimeMillis() < renewAt;
        if (usable) return token;
        HttpResponse<byte[]> response = exchange("/token", bytes(credentials()), null);
        if (response.statusCode() == 401 || response.statusCode() == 403) throw new GatewayException.Rejected();
        JsonNode issued = answer(response).path("token");
        if (!issued.isTextual()) throw new GatewayException.Unavailable();
        token = issued.textValue();
        renewAt = expiry(token) - RENEW_BEFORE_MS;
        return token;
    }

    private Map<String, String> credentials() {
        try {
            return Map.of("keyId", settings.keyId(), "keySecret", settings.currentKeySecret());
        } catch (IOException e) {
            throw new GatewayException.Rejected();
        }
    }

    private HttpResponse<byte[]> exchange(String path, byte[] body, String bearer) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(settings.url() + path))
                        .timeout(REQUEST_TIMEOUT)
                        .header("accept", "application/json");
        if (bearer != null) request.header("x-authorization", bearer);
        if (body == null) request.GET();
        else request.header("content-type", "application/json").POST(BodyPublishers.ofByteArray(body));
        try {
            return http.send(request.build(), BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new GatewayException.Unavailable();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GatewayException.Unavailable();
        }
    }

    private JsonNode answer(HttpResponse<byte[]> response) {
        int status = response.statusCode();
        if (status == 408 || status == 429 || status >= 500) throw new GatewayException.Unavailable();
        JsonNode body = parse(response.body());
        if (status >= 200 && status < 300) {
            if (body == null) throw new GatewayException.Unavailable();
            return body;
        }
        String message = body == null ? "" : body.path("message").asText("");
        throw new GatewayException.Refused(
                status, message.isEmpty() ? "The secrets gateway refused the request (HTTP " + status + ")." : message);
    }

    private JsonNode parse(byte[] body) {
        try {
            return body.length == 0 ? json.createObjectNode() : json.readTree(body);
        } catch (IOException e) {
            return null; // INVARIANT: the cause is dropped, because it quotes the body, which can contain secret values.
        }
    }

    private byte[] bytes(Object body) {
        try {
            return json.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new GatewayException.Refused(0, "The task's data cannot be written as JSON.");
        }
    }

    private static void pause(long delay) {
        try {
            Thread.sleep(delay / 2 + ThreadLocalRandom.current().nextLong(delay));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GatewayException.Unavailable();
        }
    }

    /**
     * Returns the expiry time of the token. Without a readable expiry time, the token is used until the gateway rejects the
     * token.
     */
    private long expiry(String jwt) {
        try {
            JsonNode claims = json.readTree(Base64.getUrlDecoder().decode(jwt.split("\\.")[1]));
            long seconds = claims.path("exp").asLong(0);
            return seconds == 0 ? Long.MAX_VALUE : seconds * 1000;
        } catch (IOException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
            return Long.MAX_VALUE;
        }
    }
}
