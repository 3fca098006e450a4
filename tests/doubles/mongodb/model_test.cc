// Random histories with restarts and kills, compared with a plain model that keeps full copies of
// everything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <string_view>
#include <thread>

#include "doubles/mongodb/testing/double_process.h"
#include "doubles/mongodb/testing/oplog_replay.h"
#include "doubles/mongodb/testing/random_statements.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

constexpr const char* kDb = RandomStatements::kDb;
constexpr std::size_t kKeptCopies = 12;
/// Holds some hundreds of statements.
constexpr const char* kSmallOplog = "60000";

using Settings = std::map<std::string, std::string>;

/// A full copy, and the time at which the server was like that.
struct Copy {
  Timestamp at;
  PlainModel model;
};

/// What a session adds to a command.
struct SessionFields {
  std::int64_t number;
  bool transaction = false;
  bool starts = false;
};

Builder WithSession(const std::string& command, const SessionFields& fields) {
  const std::string session(16, 's');
  const std::string lsid = Builder().Add("id", Uuid{session}).Finish();
  Builder out{Document(command)};
  out.Add("lsid", Document(lsid)).Add("txnNumber", fields.number);
  if (fields.transaction) out.Add("autocommit", false);
  if (fields.starts) out.Add("startTransaction", true);
  return out;
}

class History {
 public:
  /// With a small oplog it rolls over.
  History(std::uint64_t seed, bool small_oplog) : draw_(seed), small_oplog_(small_oplog) {
    // The entries differ: 8.0 logs inserts together.
    Settings settings{{"replset", "rs0"}, {"version", seed % 2 == 0 ? "8.0.4" : "7.0.16"}};
    if (small_oplog) settings["oplog_bytes"] = kSmallOplog;
    server_.emplace(settings);
    Start();
    // The collection of views is there from the beginning, as it never goes.
    EXPECT_TRUE(MakeViewsCollection(*client_, kDb));
    Builder ping;
    base_.at = Document(Ask("admin", ping.Add("ping", 1)))["operationTime"].AsTimestamp();
  }

  void Run(int statements) {
    for (int i = 0; i < statements && !::testing::Test::HasFailure(); ++i) {
      const int kind = draw_.Below(250);
      if (kind == 0) {
        KillBetween();
      } else if (kind == 1) {
        StopBetween();
      } else if (kind == 2) {
        KillDuringWrite();
      } else if (kind == 3) {
        KillDuringCommit();
      } else if (kind < 24) {
        Transact();
      } else if (kind < 40) {
        ReadThePast();
      } else if (kind < 46) {
        ReplayOntoOldCopy();
      } else {
        Execute(draw_.Draw());
      }
      if (i % 25 == 0) Compare("in between");
    }
    Compare("at the end");
    ReplayOntoOldCopy();
    RestoreElsewhere();
  }

 private:
  void Start() {
    ASSERT_TRUE(server_->Start());
    auto client = WireClient::Connect(server_->port());
    ASSERT_TRUE(client) << client.error().ToString();
    client_ = std::move(*client);
    copies_.clear();  // the past is not kept over a restart
  }

  void Compare(const char* when) {
    const auto found = ReadModel(*client_, kDb);
    ASSERT_TRUE(found) << found.error().ToString();
    EXPECT_EQ(Describe(*found), Describe(model_)) << when;
    EXPECT_EQ(found->users, model_.users) << when;
    for (const auto& [name, view] : model_.views) {
      const auto seen = ReadDocuments(*client_, kDb, name);
      ASSERT_TRUE(seen) << seen.error().ToString();
      EXPECT_EQ(*seen, model_.Seen(name)) << name << " " << when;
    }
  }

  /// The reply; an empty document when the connection is gone.
  std::string Ask(const std::string& db, Builder& command) {
    const auto reply = client_->Run(db, command);
    EXPECT_TRUE(reply) << reply.error().ToString();
    return reply.value_or(Builder().Finish());
  }

  static bool ChangesNames(const Statement& statement) {
    const std::string_view name = Document(statement.command).First().name();
    return name == "drop" || name == "renameCollection";
  }

  void Execute(const Statement& statement) {
    Builder command{Document(statement.command)};
    const std::string reply = Ask(statement.db, command);
    const std::size_t collections = model_.collections.size();
    if (IsOk(reply)) statement.effect(model_);
    // The meaning of names changed: no read before this point.
    if (ChangesNames(statement) || model_.collections.size() != collections) copies_.clear();
    Keep(reply);
  }

  void Keep(const std::string& reply) {
    const Copy copy{Document(reply)["operationTime"].AsTimestamp(), model_};
    copies_.push_back(copy);
    if (copies_.size() > kKeptCopies) copies_.pop_front();
    if (draw_.Below(100) == 0) base_ = copy;
  }

  /// Begins a transaction of a few writes. Returns the model as it is if they are committed.
  PlainModel BeginTransaction() {
    PlainModel after = model_;
    ++number_;
    bool starts = true;
    for (int i = 1 + draw_.Below(4); i > 0; --i) {
      const std::string name = draw_.AnyName();
      const auto collection = after.collections.find(name);
      // None on capped collections, none that make a collection.
      if (collection == after.collections.end() || collection->second.cap > 0) continue;
      const Statement statement = draw_.DrawWrite(name);
      Builder command = WithSession(statement.command, {number_, true, starts});
      PlainModel next = after;
      statement.effect(next);
      const std::string reply = Ask(kDb, command);
      starts = false;
      if (!IsOk(reply)) {
        // Only a duplicate key or an invalid document, which end the transaction.
        EXPECT_THAT(Document(reply)["code"].AsInt64(), ::testing::AnyOf(11000, 121))
            << statement.what;
        return model_;
      }
      after = std::move(next);
    }
    return after;
  }

  void Transact() {
    const PlainModel after = BeginTransaction();
    const bool commit = draw_.Below(3) != 0;
    const std::string name = commit ? "commitTransaction" : "abortTransaction";
    Builder end = WithSession(Builder().Add(name, 1).Finish(), {number_, true});
    const std::string reply = Ask("admin", end);
    if (commit && IsOk(reply)) model_ = after;
    Keep(reply);
  }

  void ReadThePast() {
    if (copies_.empty()) return;
    const Copy& copy =
        copies_[static_cast<std::size_t>(draw_.Below(static_cast<int>(copies_.size())))];
    for (const auto& [name, expected] : copy.model.collections) {
      if (expected.cap > 0) continue;  // not readable in the past
      const auto seen = ReadDocuments(*client_, kDb, name, copy.at);
      ASSERT_TRUE(seen) << seen.error().ToString();
      EXPECT_EQ(*seen, expected.documents) << name << " at " << copy.at.counter();
    }
  }

  void KillBetween() {
    server_->Kill();
    Start();
    Compare("after a kill");
  }

  void StopBetween() {
    server_->Stop();
    Start();
    Compare("after a stop");
  }

  void KillSoon() {
    if (draw_.Below(3) != 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(draw_.Below(1500)));
    }
    server_->Kill();
    Start();
  }

  /// What was in progress may have happened, wholly, or not; when it is a retryable write and sent
  /// again, it has happened once.
  void KillDuringWrite() {
    const bool retry = draw_.Below(2) == 0;
    const Statement statement = retry ? draw_.DrawWrite(draw_.AnyName()) : draw_.Draw();
    if (retry) ++number_;
    const auto command = [&] {
      return retry ? WithSession(statement.command, {number_})
                   : Builder(Document(statement.command));
    };
    Builder first = command();
    ASSERT_TRUE(client_->Send(statement.db, first));
    std::string answer;
    if (retry && draw_.Below(2) == 0) {
      // It came, but the client forgot it.
      const auto reply = client_->ReadReply();
      ASSERT_TRUE(reply) << reply.error().ToString();
      answer = *reply;
    }
    KillSoon();
    PlainModel after = model_;
    statement.effect(after);
    const auto found = ReadModel(*client_, kDb);
    ASSERT_TRUE(found) << found.error().ToString();
    if (*found != model_ && *found != after) {
      EXPECT_EQ(Describe(*found), Describe(after)) << statement.what << ", killed";
    }
    model_ = *found;
    if (!retry) return;
    Builder second = command();
    const std::string again = Ask(statement.db, second);
    EXPECT_TRUE(IsOk(again));
    if (!answer.empty()) {
      EXPECT_EQ(Document(again)["n"].AsInt64(), Document(answer)["n"].AsInt64()) << statement.what;
    }
    model_ = after;
    Compare("after a retry");
  }

  /// A commit sent again says which way it went.
  void KillDuringCommit() {
    const PlainModel after = BeginTransaction();
    const std::string commit = Builder().Add("commitTransaction", 1).Finish();
    Builder first = WithSession(commit, {number_, true});
    ASSERT_TRUE(client_->Send("admin", first));
    KillSoon();
    Builder second = WithSession(commit, {number_, true});
    const std::string reply = Ask("admin", second);
    if (IsOk(reply)) {
      model_ = after;
    } else {
      EXPECT_EQ(Document(reply)["code"].AsInt64(), 251);  // NoSuchTransaction
    }
    Compare("after a killed commit");
  }

  /// The oplog since an old copy was taken makes the present of it.
  void ReplayOntoOldCopy() {
    const auto entries = ReadOplog(*client_, base_.at);
    if (!entries && small_oplog_) return;
    ASSERT_TRUE(entries) << entries.error().ToString();
    PlainModel replayed = base_.model;
    Timestamp last = base_.at;
    for (const std::string& entry : *entries) {
      EXPECT_LT(last, Document(entry)["ts"].AsTimestamp());
      last = Document(entry)["ts"].AsTimestamp();
      ASSERT_EQ(ApplyEntry(entry, kDb, replayed), "");
    }
    EXPECT_EQ(Describe(replayed), Describe(model_)) << "after " << entries->size() << " entries";
  }

  /// The same on another server, through applyOps.
  void RestoreElsewhere() {
    const auto entries = ReadOplog(*client_, base_.at);
    if (!entries && small_oplog_) return;
    ASSERT_TRUE(entries) << entries.error().ToString();
    DoubleProcess other(Settings{{"replset", "rs1"}});
    ASSERT_TRUE(other.Start());
    const auto client = WireClient::Connect(other.port());
    ASSERT_TRUE(client);
    const auto filled = FillServer(**client, kDb, base_.model);
    ASSERT_TRUE(filled) << filled.error().ToString();
    // From the beginning of time there is also what every server makes for itself.
    std::vector<std::string> ours;
    for (const std::string& entry : *entries) {
      const std::string_view ns = Document(entry)["ns"].AsString();
      const bool transaction = Document(entry)["o"].AsDocument().Has("applyOps");
      if (ns.starts_with(kDb) || transaction) ours.push_back(entry);
    }
    const auto replayed = ReplayOnServer(**client, ours);
    ASSERT_TRUE(replayed) << replayed.error().ToString();
    const auto found = ReadModel(**client, kDb);
    ASSERT_TRUE(found) << found.error().ToString();
    EXPECT_EQ(Describe(*found), Describe(model_)) << "on another server";
  }

  RandomStatements draw_;
  bool small_oplog_;
  std::optional<DoubleProcess> server_;
  std::unique_ptr<WireClient> client_;
  PlainModel model_;
  std::deque<Copy> copies_;
  Copy base_;  ///< kept longer, also over restarts
  std::int64_t number_ = 0;
};

bool LongSet() {
  const char* set = std::getenv("DBSTOW_TEST_SET");
  return set != nullptr && std::string_view(set) == "long";
}

/// Where the seeds begin: DBSTOW_TEST_FIRST_SEED gives a run others than the usual ones.
int FirstSeed() {
  const char* seed = std::getenv("DBSTOW_TEST_FIRST_SEED");
  return seed == nullptr ? 1 : std::atoi(seed);
}

class MongodbDoubleModelTest : public ::testing::TestWithParam<int> {};

TEST_P(MongodbDoubleModelTest, RandomHistoriesWithKillsEqualAPlainModel) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  SCOPED_TRACE("seed " + std::to_string(seed));
  History history(seed, seed % 3 == 0);
  history.Run(LongSet() ? 10000 : 2500);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MongodbDoubleModelTest,
                         ::testing::Range(FirstSeed(), FirstSeed() + (LongSet() ? 12 : 3)));

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
