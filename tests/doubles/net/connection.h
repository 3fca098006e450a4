#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "dbstow/core/bytes.h"
#include "doubles/net/socket.h"
#include "doubles/net/tls_session.h"

namespace dbstow::doubles {

/// A byte stream to one peer, plain or TLS. Every call ends at its deadline (Timeout) and when the
/// stop token says so (Cancelled), whatever the peer does. Used by one thread at a time, but: any
/// thread may call `Cut`, and while the stream is plain one thread may read and another write.
class Connection {
 public:
  Connection(Descriptor socket, std::stop_token stop);
  ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Connects as a client. Errors: Unavailable, IOError, Timeout, Cancelled.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> Dial(const std::string& host,
                                                                std::uint16_t port,
                                                                std::stop_token stop = {},
                                                                Deadline deadline = {});

  /// At least one byte into `out`, or 0 when the peer has ended. Errors: IOError when it was cut.
  [[nodiscard]] Result<std::size_t> Read(MutableByteView out, Deadline deadline = {});
  /// Fills `out`. Errors: as Read; IOError when the peer ends before that.
  [[nodiscard]] Result<void> ReadExactly(MutableByteView out, Deadline deadline = {});
  [[nodiscard]] Result<void> WriteAll(ByteView bytes, Deadline deadline = {});
  /// True when a `Read` would return at once; false when nothing came before the deadline, which
  /// may be now: how a busy handler looks for an attention or cancel from its peer.
  [[nodiscard]] Result<bool> HasInput(Deadline deadline);

  /// From here on the stream is TLS; returns when the handshake is done. Errors: IOError.
  [[nodiscard]] Result<void> StartTls(const ServerCertificate& certificate,
                                      const TlsOptions& options = {}, Deadline deadline = {});
  /// The same as a client.
  [[nodiscard]] Result<void> StartTlsAsClient(const std::string& trusted_pem_file,
                                              const std::string& host,
                                              const TlsOptions& options = {},
                                              Deadline deadline = {});
  /// The TLS under this stream, null before `StartTls`.
  [[nodiscard]] const TlsSession* tls() const { return tls_ ? &*tls_ : nullptr; }

  /// Ends the stream in good order. Nothing can be read or written after it.
  void Close();
  /// Breaks the stream without a goodbye, as a lost network does: calls in progress end.
  void Cut();

 private:
  [[nodiscard]] Result<std::size_t> ReadRaw(MutableByteView out, Deadline deadline);
  [[nodiscard]] Result<void> WriteRaw(ByteView bytes, Deadline deadline);
  [[nodiscard]] Result<void> SendOutgoing(Deadline deadline);
  [[nodiscard]] Result<void> ShakeHands(TlsSession session, Deadline deadline);
  /// False when the peer has ended.
  [[nodiscard]] Result<bool> FeedTls(Deadline deadline);

  Waiter waiter_;
  std::mutex closing_;  ///< between Close and Cut
  Descriptor socket_;
  std::optional<TlsSession> tls_;
  std::optional<std::byte> ahead_;  ///< a byte that HasInput had to take out of TLS to know
};

}  // namespace dbstow::doubles
