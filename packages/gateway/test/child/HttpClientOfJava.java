import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Uses a gateway with the HttpClient of Java as it comes, which offers h2c in each request. */
public class HttpClientOfJava {
  static final HttpClient client = HttpClient.newHttpClient();

  public static void main(String[] addresses) throws Exception {
    for (String address : addresses) {
      print("GET", HttpRequest.newBuilder(URI.create(address + "/sessions")).GET());
      print("POST", message(address, "hello"));
      print("POST 100 kB", message(address, "x".repeat(100_000)));
      print("events", message(address, "hello").header("Accept", "text/event-stream"));
      print("DELETE", HttpRequest.newBuilder(URI.create(address + "/sessions/current")).DELETE());
      System.out.println("WebSocket " + firstFrame(address));
    }
  }

  static HttpRequest.Builder message(String address, String content) {
    var body = BodyPublishers.ofString("{\"content\":\"" + content + "\"}");
    var path = URI.create(address + "/sessions/current/messages");
    return HttpRequest.newBuilder(path).header("Content-Type", "application/json").POST(body);
  }

  static void print(String name, HttpRequest.Builder request) throws Exception {
    var response = client.send(request.build(), BodyHandlers.ofString());
    var body = response.body();
    var outcome = body.contains("\"outcome\":\"completed\"") ? " completed" : "";
    System.out.println(name + " " + response.statusCode() + " " + response.version() + outcome);
  }

  static String firstFrame(String address) throws Exception {
    var frame = new CompletableFuture<String>();
    var listener =
        new WebSocket.Listener() {
          final StringBuilder text = new StringBuilder();

          public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            text.append(data);
            if (last) frame.complete(text.toString());
            socket.request(1);
            return null;
          }
        };
    var path = URI.create(address.replace("http", "ws") + "/");
    var socket = client.newWebSocketBuilder().buildAsync(path, listener).join();
    var type = frame.join().contains("\"type\":\"connected\"") ? "connected" : frame.join();
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
    return type;
  }
}
