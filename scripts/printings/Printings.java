// Prints each secret value in the ways of Java programs. Reads base64 lines, writes lines of a name and base64.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.XMLFormatter;
import java.util.regex.Pattern;

public class Printings {
  interface Printing { String of(String value) throws Exception; }

  public static void main(String[] args) throws Exception {
    Map<String, Printing> printings = new LinkedHashMap<>();
    printings.put("Properties.store", Printings::properties);
    printings.put("Properties.storeToXML", v -> {
      Properties properties = new Properties();
      properties.setProperty("value", v);
      java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
      properties.storeToXML(out, null);
      return out.toString(StandardCharsets.UTF_8);
    });
    printings.put("Arrays.toString of bytes", v -> Arrays.toString(bytes(v)));
    printings.put("MIME encoder", v -> Base64.getMimeEncoder().encodeToString(bytes(v)));
    printings.put("URLEncoder", v -> URLEncoder.encode(v, StandardCharsets.UTF_8));
    printings.put("URLEncoder Latin-1", v -> URLEncoder.encode(v, StandardCharsets.ISO_8859_1));
    printings.put("HexFormat with colons", v -> HexFormat.ofDelimiter(":").withUpperCase().formatHex(bytes(v)));
    printings.put("HexFormat with 0x", v -> HexFormat.ofDelimiter(", ").withPrefix("0x").formatHex(bytes(v)));
    printings.put("Pattern.quote", Pattern::quote);
    printings.put("Map.toString", v -> Map.of("value", v).toString());
    printings.put("List of lines", v -> List.of(v.split("\n")).toString());
    printings.put("XMLFormatter", v -> {
      LogRecord record = new LogRecord(Level.INFO, v);
      record.setInstant(java.time.Instant.EPOCH);
      return new XMLFormatter().format(record);
    });
    printings.put("exception", v -> {
      StringWriter out = new StringWriter();
      StackTraceElement[] none = {};
      Exception cause = new IllegalArgumentException("bad key: " + v);
      cause.setStackTrace(none);
      Exception outer = new RuntimeException(cause);
      outer.setStackTrace(none);
      outer.printStackTrace(new java.io.PrintWriter(out));
      return out.toString();
    });
    printings.put("char array", v -> Arrays.toString(v.toCharArray()));
    printings.put("BigInteger", v -> new java.math.BigInteger(1, bytes(v)).toString());

    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    List<String> values = in.lines().map(line -> new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8)).toList();
    for (Map.Entry<String, Printing> printing : printings.entrySet())
      for (String value : values)
        System.out.println(printing.getKey() + "\t" + Base64.getEncoder().encodeToString(bytes(printing.getValue().of(value))));
  }

  static byte[] bytes(String value) {
    return value.getBytes(StandardCharsets.UTF_8);
  }

  static String properties(String value) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("value", value);
    StringWriter out = new StringWriter();
    properties.store(out, null);
    return out.toString().replaceFirst("^#.*\\R", "");
  }
}
