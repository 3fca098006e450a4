#include "doubles/sqlserver/server/tds_connection.h"

#include <algorithm>
#include <chrono>

#include "doubles/sqlserver/tds/bytes.h"

namespace dbstow::doubles::sqlserver {
namespace {

constexpr auto kLoginTime = std::chrono::seconds(30);
constexpr auto kIdlePoll = std::chrono::milliseconds(100);
constexpr std::uint8_t kLanguageChange = 2;
constexpr std::uint8_t kPacketSizeChange = 4;
constexpr std::uint8_t kCollationChange = 7;
constexpr std::uint8_t kResetDone = 18;
constexpr std::size_t kSmallestPacket = 512;
constexpr std::size_t kLargestPacket = 32767;

}  // namespace

void TdsConnection::Serve() {
  const Result<void> in = LogIn();
  if (in && session_) {
    while (!session_->killed) {
      const Result<TdsMessage> message = NextMessage();
      if (!message) break;
      delay_.Wait(stop_);
      if (!Answer(*message) || gone_) break;
    }
  }
  if (session_) engine_.Logout(*session_);
}

// The client may be killed while it says nothing.
Result<TdsMessage> TdsConnection::NextMessage() {
  while (true) {
    if (session_->killed) return Error(ErrorCode::kIoError, "killed");
    DBSTOW_ASSIGN(const bool input, channel_.HasInput(In(kIdlePoll)));
    if (input) return channel_.Read();
  }
}

bool TdsConnection::Interrupted() {
  if (attention_ || gone_ || session_->killed || stop_.stop_requested()) return true;
  const Result<bool> input = channel_.HasInput(In(std::chrono::seconds(0)));
  if (input && !*input) return false;
  // The client may only send an attention now.
  const Result<TdsMessage> message = channel_.Read(In(std::chrono::seconds(1)));
  if (message && message->type == PacketType::kAttention) {
    attention_ = true;
  } else {
    gone_ = true;
  }
  return true;
}

Result<TdsMessage> TdsConnection::AnswerPrelogin(TdsMessage first) {
  const std::optional<Prelogin> prelogin = DecodePrelogin(first.content);
  if (!prelogin) return Error(ErrorCode::kIoError, "a broken PRELOGIN");
  const std::optional<Encryption> agreed = Negotiate(prelogin->encryption, options_.encryption);
  const Encryption said = agreed.value_or(Encryption::kRequired);
  const Instance& instance = engine_.instance();
  DBSTOW_TRY(
      channel_.Send(EncodePrelogin(said, instance.settings().major, instance.Build()), true));
  if (!agreed) return Error(ErrorCode::kIoError, "the client cannot encrypt");
  if (*agreed != Encryption::kNotSupported) {
    DBSTOW_TRY(channel_.StartTls(certificate_, In(kLoginTime)));
  }
  DBSTOW_ASSIGN(TdsMessage login, channel_.Read(In(kLoginTime)));
  if (*agreed == Encryption::kOff) channel_.EndTls();
  return login;
}

Result<void> TdsConnection::LogIn() {
  DBSTOW_ASSIGN(TdsMessage message, channel_.Read(In(kLoginTime)));
  if (message.type == PacketType::kPrelogin) {
    DBSTOW_ASSIGN(message, AnswerPrelogin(std::move(message)));
  } else if (options_.encryption == Encryption::kRequired ||
             options_.encryption == Encryption::kOn) {
    return Error(ErrorCode::kIoError, "the client did not ask for encryption");
  }
  if (message.type != PacketType::kLogin7) return Error(ErrorCode::kIoError, "not a login");
  const std::optional<Login7> login = DecodeLogin7(message.content);
  if (!login) return Error(ErrorCode::kIoError, "a broken LOGIN7");
  version_ = login->version < 0x72000000 ? kTds71 : kTds74;
  writer_ = std::make_unique<TokenWriter>(version_, engine_.instance().settings().server_name);
  if (login->integrated || login->federated || login->changes_password) {
    return Refuse({18452, 14, "Login failed. Only logins with a password are known here."});
  }
  SqlResult<std::unique_ptr<Session>> session =
      engine_.Login({login->user, login->password, login->database, login->host, login->program});
  if (!session) return Refuse(session.error());
  session_ = std::move(*session);
  login_database_ = session_->database;
  return Accept(*login);
}

Result<void> TdsConnection::Refuse(const SqlError& error) {
  writer_->Message(error, 1);
  writer_->Done(DoneToken::kDone, kDoneError, 0, 0);
  return channel_.Send(writer_->Take(), true);
}

Result<void> TdsConnection::Accept(const Login7& login) {
  const Instance& instance = engine_.instance();
  std::string database;
  {
    const std::scoped_lock lock(engine_.instance().mutex());
    database = instance.databases().at(session_->database).name;
  }
  writer_->TextChange(1, database, "master");
  writer_->Message({5701, 10, "Changed database context to '" + database + "'.", 2}, 1);
  writer_->BytesChange(kCollationChange, DefaultCollation(), "");
  writer_->TextChange(kLanguageChange, "us_english", "");
  writer_->Message({5703, 10, "Changed language setting to us_english."}, 1);
  writer_->LoginAck(version_, instance.settings().major, instance.Build());
  const std::size_t size = std::clamp<std::size_t>(
      login.packet_size == 0 ? 4096 : login.packet_size, kSmallestPacket, kLargestPacket);
  writer_->TextChange(kPacketSizeChange, std::to_string(size), "4096");
  writer_->Done(DoneToken::kDone, 0, 0, 0);
  DBSTOW_TRY(channel_.Send(writer_->Take(), true));
  channel_.set_packet_size(size);
  return {};
}

void TdsConnection::ResetSession() {
  const std::scoped_lock lock(engine_.instance().mutex());
  // What cannot be rolled back now is, at the latest, by the next start.
  static_cast<void>(engine_.RollbackTransaction(*session_));
  session_->database = login_database_;
  session_->no_count = false;
  session_->abort_on_error = false;
  session_->implicit_transactions = false;
  session_->lock_timeout_ms = -1;
  session_->prepared.clear();
  writer_->BytesChange(kResetDone, "", "");
}

Result<void> TdsConnection::Answer(const TdsMessage& message) {
  attention_ = false;
  if (message.resets) ResetSession();
  if (message.ignored) return channel_.Send("", true);
  switch (message.type) {
    case PacketType::kSqlBatch: return AnswerBatch(message.content);
    case PacketType::kRpc: return AnswerRpc(message.content);
    case PacketType::kTransactionManager: return AnswerTransaction(message.content);
    case PacketType::kAttention: {
      // It came too late for anything; it is acknowledged all the same.
      writer_->Done(DoneToken::kDone, kDoneAttention, 0, 0);
      return channel_.Send(writer_->Take(), true);
    }
    case PacketType::kBulkLoad: {
      TdsSink sink(channel_, *writer_, DoneToken::kDone);
      sink.Message({40510, 16, "Statement 'INSERT BULK' is not supported."}, 1);
      sink.Done({0, false, 0, true});
      return sink.Finish(false);
    }
    default: return Error(ErrorCode::kIoError, "not a request");
  }
}

Result<void> TdsConnection::BrokenStream() {
  writer_->Message({4002, 16,
                    "The incoming tabular data stream (TDS) protocol stream is incorrect. The "
                    "stream ended unexpectedly."},
                   1);
  writer_->Done(DoneToken::kDone, kDoneError, 0, 0);
  // The answer may be lost: the connection ends in any case.
  static_cast<void>(channel_.Send(writer_->Take(), true));
  return Error(ErrorCode::kIoError, "a broken request");
}

Result<void> TdsConnection::AnswerBatch(const std::string& content) {
  const std::optional<std::string> sql = DecodeBatch(content, version_);
  if (!sql) return BrokenStream();
  TdsSink sink(channel_, *writer_, DoneToken::kDone);
  Executor executor(engine_, *session_, sink, *this);
  executor.Batch(*sql);
  return End(sink);
}

Result<void> TdsConnection::AnswerTransaction(const std::string& content) {
  const std::optional<TransactionCall> call = DecodeTransaction(content, version_);
  if (!call) return BrokenStream();
  TdsSink sink(channel_, *writer_, DoneToken::kDone);
  Executor executor(engine_, *session_, sink, *this);
  TransactionStatement statement;
  statement.verb = call->request == TransactionRequest::kBegin    ? TransactionVerb::kBegin
                   : call->request == TransactionRequest::kCommit ? TransactionVerb::kCommit
                                                                  : TransactionVerb::kRollback;
  executor.Transaction(statement);
  if (call->begins_another) executor.Transaction({TransactionVerb::kBegin, "", false, ""});
  return End(sink);
}

Result<void> TdsConnection::End(TdsSink& sink) {
  if (!session_->cut) return sink.Finish(attention_);
  channel_.Cut();
  return Error(ErrorCode::kIoError, "a fault cut the connection");
}

}  // namespace dbstow::doubles::sqlserver
