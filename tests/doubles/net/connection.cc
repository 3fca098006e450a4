#include "doubles/net/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace dbstow::doubles {
namespace {

constexpr std::size_t kTlsChunk = 16 * 1024;

}  // namespace

Connection::Connection(Descriptor socket, std::stop_token stop)
    : waiter_(std::move(stop)), socket_(std::move(socket)) {
  const int on = 1;
  ::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

Result<std::unique_ptr<Connection>> Connection::Dial(const std::string& host, std::uint16_t port,
                                                     std::stop_token stop, Deadline deadline) {
  Waiter waiter(stop);
  DBSTOW_ASSIGN(Descriptor socket, ConnectTo(host, port, waiter, deadline));
  return std::make_unique<Connection>(std::move(socket), std::move(stop));
}

Result<std::size_t> Connection::ReadRaw(MutableByteView out, Deadline deadline) {
  while (true) {
    const auto size = ::recv(socket_.get(), out.data(), out.size(), 0);
    if (size >= 0) return static_cast<std::size_t>(size);
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return SocketError("read from the peer");
    DBSTOW_TRY(waiter_.Await(socket_.get(), POLLIN, deadline));
  }
}

Result<void> Connection::WriteRaw(ByteView bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const auto size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {
      DBSTOW_TRY(waiter_.Await(socket_.get(), POLLOUT, deadline));
    } else if (errno != EINTR) {
      return SocketError("write to the peer");
    }
  }
  return {};
}

Result<void> Connection::SendOutgoing(Deadline deadline) {
  return WriteRaw(tls_->TakeOutgoing(), deadline);
}

Result<bool> Connection::FeedTls(Deadline deadline) {
  std::array<std::byte, kTlsChunk> chunk;
  DBSTOW_ASSIGN(const std::size_t size, ReadRaw(chunk, deadline));
  tls_->Feed(ByteView(chunk).first(size));
  return size > 0;
}

Result<std::size_t> Connection::Read(MutableByteView out, Deadline deadline) {
  if (!tls_ || out.empty()) return ReadRaw(out, deadline);
  if (ahead_) {
    out[0] = *std::exchange(ahead_, std::nullopt);
    return std::size_t{1};
  }
  while (true) {
    DBSTOW_ASSIGN(const std::size_t size, tls_->Read(out));
    if (size > 0 || tls_->ended()) return size;
    DBSTOW_TRY(SendOutgoing(deadline));
    DBSTOW_ASSIGN(const bool more, FeedTls(deadline));
    if (!more) return std::size_t{0};
  }
}

Result<void> Connection::ReadExactly(MutableByteView out, Deadline deadline) {
  const std::size_t wanted = out.size();
  while (!out.empty()) {
    DBSTOW_ASSIGN(const std::size_t size, Read(out, deadline));
    if (size == 0) {
      return Error(ErrorCode::kIoError, "the peer ended after " +
                                            std::to_string(wanted - out.size()) + " of " +
                                            std::to_string(wanted) + " bytes");
    }
    out = out.subspan(size);
  }
  return {};
}

Result<void> Connection::WriteAll(ByteView bytes, Deadline deadline) {
  if (!tls_) return WriteRaw(bytes, deadline);
  DBSTOW_TRY(tls_->Write(bytes));
  return SendOutgoing(deadline);
}

Result<bool> Connection::HasInput(Deadline deadline) {
  if (ahead_) return true;
  while (true) {
    if (tls_) {
      std::byte first{};
      DBSTOW_ASSIGN(const std::size_t size, tls_->Read({&first, 1}));
      if (size == 1) ahead_ = first;
      if (size == 1 || tls_->ended()) return true;
    }
    const Result<void> waited = waiter_.Await(socket_.get(), POLLIN, deadline);
    if (!waited && waited.error().code() == ErrorCode::kTimeout) return false;
    DBSTOW_TRY(waited);
    if (!tls_) return true;
    DBSTOW_ASSIGN(const bool more, FeedTls(deadline));
    if (!more) return true;
  }
}

Result<void> Connection::ShakeHands(TlsSession session, Deadline deadline) {
  tls_ = std::move(session);
  while (true) {
    const Result<bool> done = tls_->Handshake();
    DBSTOW_TRY(SendOutgoing(deadline));
    if (!done) return done.error();
    if (*done) return {};
    DBSTOW_ASSIGN(const bool more, FeedTls(deadline));
    if (!more) return Error(ErrorCode::kIoError, "the peer ended in the TLS handshake");
  }
}

Result<void> Connection::StartTls(const ServerCertificate& certificate, const TlsOptions& options,
                                  Deadline deadline) {
  DBSTOW_ASSIGN(TlsSession session, TlsSession::Server(certificate, options));
  return ShakeHands(std::move(session), deadline);
}

Result<void> Connection::StartTlsAsClient(const std::string& trusted_pem_file,
                                          const std::string& host, const TlsOptions& options,
                                          Deadline deadline) {
  DBSTOW_ASSIGN(TlsSession session, TlsSession::Client(trusted_pem_file, host, options));
  return ShakeHands(std::move(session), deadline);
}

void Connection::Close() {
  if (tls_ && socket_.is_open()) {
    // One try without waiting: a peer that does not listen shall not hold anybody up.
    tls_->End();
    const Bytes goodbye = tls_->TakeOutgoing();
    ::send(socket_.get(), goodbye.data(), goodbye.size(), MSG_NOSIGNAL);
  }
  const std::scoped_lock lock(closing_);
  socket_.Close();
}

void Connection::Cut() {
  const std::scoped_lock lock(closing_);
  if (!socket_.is_open()) return;
  const linger abort{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
  ::shutdown(socket_.get(), SHUT_RDWR);
}

}  // namespace dbstow::doubles
