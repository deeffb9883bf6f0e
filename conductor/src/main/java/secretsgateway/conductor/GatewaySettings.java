package secretsgateway.conductor;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** The settings {@code conductor.secrets.gateway.*}. Reading them reports all invalid settings together. */
record GatewaySettings(URI url, String keyId, String keySecret, Path keySecretFile) {

    static final String PREFIX = "conductor.secrets.gateway.";

    /** @throws StartRefused with every invalid setting. */
    static GatewaySettings read(UnaryOperator<String> property) {
        List<String> problems = new ArrayList<>();
        URI url = url(property.apply(PREFIX + "url"), problems);
        String keyId = text(property.apply(PREFIX + "key-id"));
        if (keyId == null) problems.add(PREFIX + "key-id is required: the ID of an application's access key.");
        String keySecret = text(property.apply(PREFIX + "key-secret"));
        String file = text(property.apply(PREFIX + "key-secret-file"));
        if ((keySecret == null) == (file == null))
            problems.add("Either " + PREFIX + "key-secret or " + PREFIX + "key-secret-file is required, and not both.");
        GatewaySettings settings =
                new GatewaySettings(url, keyId, keySecret, file == null ? null : Path.of(file));
        if (keySecret == null && file != null) settings.checkFile(problems);
        if (!problems.isEmpty()) throw new StartRefused(problems);
        return settings;
    }

    /** Reads the file each time, so that a replaced access key is used without a restart. */
    String currentKeySecret() throws IOException {
        return keySecretFile == null ? keySecret : Files.readString(keySecretFile).strip();
    }

    /** INVARIANT: toString() never returns the secret of the access key. */
    @Override
    public String toString() {
        return "GatewaySettings[url=" + url + "]";
    }

    private void checkFile(List<String> problems) {
        String name = PREFIX + "key-secret-file";
        try {
            if (currentKeySecret().isEmpty()) problems.add(name + " is empty: " + keySecretFile);
        } catch (IOException e) {
            problems.add(name + " cannot be read: " + keySecretFile);
        }
    }

    private static URI url(String value, List<String> problems) {
        String text = text(value);
        String example = ", for example https://secrets.example.com/api";
        if (text == null) {
            problems.add(PREFIX + "url is required: the URL of the gateway's API" + example);
            return null;
        }
        try {
            URI url = URI.create(text.replaceAll("/+$", ""));
            boolean http = url.getScheme() != null && Set.of("http", "https").contains(url.getScheme());
            boolean plain = url.getUserInfo() == null && url.getQuery() == null && url.getFragment() == null;
            boolean api = url.getPath() != null && url.getPath().endsWith("/api");
            if (http && url.getHost() != null && plain && api) return url;
        } catch (IllegalArgumentException e) {
            // The problem is reported below, without the text, because the text may contain a password.
        }
        problems.add(PREFIX + "url must be an http or https URL that ends with /api" + example);
        return null;
    }

    private static String text(String value) {
        return value == null || value.isBlank() ? null : value.strip();
    }
}
