// Random histories with kills, compared with a plain model that keeps full copies of everything.
// DBSTOW_STATEMENTS says how long each is (1 000).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <deque>
#include <random>

#include "doubles/mongodb/testing/double_process.h"
#include "doubles/mongodb/testing/plain_model.h"

namespace dbstow::doubles::mongodb::testing {
namespace {

constexpr const char* kDb = "history";
constexpr std::size_t kKeptCopies = 12;

/// One statement: the command, and what it does to the model when it succeeds.
struct Statement {
  std::string command;
  std::function<void(PlainModel&)> effect;
  std::string what;
};

std::string Encode(const PlainDocument& document) {
  Builder out;
  out.Add("_id", document.id);
  if (document.number) out.Add("n", *document.number);
  if (document.text) out.String("t", *document.text);
  return out.Finish();
}

class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {
    EXPECT_TRUE(server_.Start());
    Reconnect();
  }

  void Run(int statements) {
    for (int i = 0; i < statements && !::testing::Test::HasFailure(); ++i) {
      const int kind = Below(200);
      if (kind == 0) {
        KillBetween();
      } else if (kind == 1) {
        KillDuring();
      } else if (kind < 15) {
        Transact();
      } else if (kind < 27) {
        ReadThePast();
      } else {
        Execute(Draw());
      }
      if (i % 25 == 0) Compare();
    }
    Compare();
    ReplayOplog();
  }

 private:
  int Below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  std::string AnyName() { return std::string(1, static_cast<char>('a' + Below(4))); }
  PlainDocument AnyDocument() {
    PlainDocument document{.id = Below(30)};
    if (Below(3) != 0) document.number = Below(1000);
    if (Below(3) != 0) document.text = std::string(static_cast<std::size_t>(Below(60)), 'x');
    return document;
  }

  void Reconnect() {
    auto client = WireClient::Connect(server_.port());
    ASSERT_TRUE(client) << client.error().ToString();
    client_ = std::move(*client);
  }

  Statement Insert(const std::string& name) {
    std::vector<PlainDocument> documents(static_cast<std::size_t>(1 + Below(3)));
    ArrayBuilder list;
    for (PlainDocument& document : documents) {
      document = AnyDocument();
      const std::string encoded = Encode(document);
      list.Add(Document(encoded));
    }
    const std::string array = list.Finish();
    Builder command;
    command.String("insert", name).Add("documents", Array{Document(array)});
    return {command.Finish(),
            [name, documents](PlainModel& model) {
              for (const PlainDocument& document : documents) {
                if (model[name].Find(document.id) != nullptr) return;  // ordered: ends here
                model[name].documents.push_back(document);
              }
            },
            "insert into " + name};
  }

  Statement Update(const std::string& name) {
    const int id = Below(30);
    const int amount = Below(100);
    const int kind = Below(4);
    const std::string filter = Builder().Add("_id", id).Finish();
    std::string change;
    std::string text(static_cast<std::size_t>(Below(80)), 'y');
    const PlainDocument replacement{.id = id, .number = amount, .text = text};
    if (kind == 0) change = Builder().Add("n", std::int64_t{amount}).Finish();
    if (kind == 1) change = Builder().String("t", text).Finish();
    if (kind == 2) change = Builder().Add("t", "").Finish();
    constexpr const char* kOperators[] = {"$inc", "$set", "$unset"};
    const std::string update = kind == 3
                                   ? Encode(replacement)
                                   : Builder().Add(kOperators[kind], Document(change)).Finish();
    const std::string one =
        Builder().Add("q", Document(filter)).Add("u", Document(update)).Finish();
    ArrayBuilder list;
    list.Add(Document(one));
    const std::string array = list.Finish();
    Builder command;
    command.String("update", name).Add("updates", Array{Document(array)});
    return {command.Finish(),
            [=](PlainModel& model) {
              const auto collection = model.find(name);
              if (collection == model.end()) return;
              PlainDocument* document = collection->second.Find(id);
              if (document == nullptr) return;
              if (kind == 0) document->number = document->number.value_or(0) + amount;
              if (kind == 1) document->text = text;
              if (kind == 2) document->text.reset();
              if (kind == 3) *document = replacement;
            },
            "update of " + name};
  }

  Statement Delete(const std::string& name) {
    const bool many = Below(4) == 0;
    const int bound = many ? Below(200) : Below(30);
    const std::string less = Builder().Add("$lt", bound).Finish();
    const std::string filter =
        many ? Builder().Add("n", Document(less)).Finish() : Builder().Add("_id", bound).Finish();
    const std::string one =
        Builder().Add("q", Document(filter)).Add("limit", many ? 0 : 1).Finish();
    ArrayBuilder list;
    list.Add(Document(one));
    const std::string array = list.Finish();
    Builder command;
    command.String("delete", name).Add("deletes", Array{Document(array)});
    return {command.Finish(),
            [=](PlainModel& model) {
              const auto collection = model.find(name);
              if (collection == model.end()) return;
              std::erase_if(collection->second.documents, [&](const PlainDocument& d) {
                return many ? d.number && *d.number < bound : d.id == bound;
              });
            },
            "delete from " + name};
  }

  Statement CreateIndex(const std::string& name) {
    const std::string field = Below(2) == 0 ? "n" : "t";
    const std::string key = Builder().Add(field, 1).Finish();
    const std::string spec =
        Builder().Add("key", Document(key)).String("name", field + "_1").Finish();
    ArrayBuilder list;
    list.Add(Document(spec));
    const std::string array = list.Finish();
    Builder command;
    command.String("createIndexes", name).Add("indexes", Array{Document(array)});
    return {command.Finish(), [=](PlainModel& model) { model[name].indexes.insert(field + "_1"); },
            "index on " + name};
  }

  Statement DropIndex(const std::string& name) {
    const std::string index = Below(2) == 0 ? "n_1" : "t_1";
    Builder command;
    command.String("dropIndexes", name).String("index", index);
    return {command.Finish(), [=](PlainModel& model) { model[name].indexes.erase(index); },
            "drop of an index of " + name};
  }

  Statement Drop(const std::string& name) {
    Builder command;
    command.String("drop", name);
    return {command.Finish(), [=](PlainModel& model) { model.erase(name); }, "drop of " + name};
  }

  Statement Rename(const std::string& from) {
    std::string to = AnyName();
    while (to == from) to = AnyName();
    Builder command;
    command.String("renameCollection", std::string(kDb) + "." + from)
        .String("to", std::string(kDb) + "." + to)
        .Add("dropTarget", true);
    return {command.Finish(),
            [=](PlainModel& model) {
              PlainCollection moved = std::move(model[from]);
              model.erase(from);
              model[to] = std::move(moved);
            },
            "rename of " + from + " to " + to};
  }

  Statement Draw() {
    const std::string name = AnyName();
    switch (Below(20)) {
      case 0: return Drop(name);
      case 1: return Rename(name);
      case 2: return CreateIndex(name);
      case 3: return DropIndex(name);
      case 4:
      case 5:
      case 6: return Delete(name);
      case 7:
      case 8:
      case 9:
      case 10:
      case 11: return Update(name);
      default: return Insert(name);
    }
  }

  static std::string DbOf(const Statement& statement) {
    return Document(statement.command).First().name() == "renameCollection" ? "admin" : kDb;
  }

  static bool IsDdl(const Statement& statement) {
    const std::string_view name = Document(statement.command).First().name();
    return name == "drop" || name == "renameCollection";
  }

  void Execute(const Statement& statement) {
    Builder command{Document(statement.command)};
    const auto reply = client_->Run(DbOf(statement), command);
    ASSERT_TRUE(reply) << reply.error().ToString();
    const std::size_t collections = model_.size();
    if (IsOk(*reply)) statement.effect(model_);
    // The meaning of names changed: no read before this point.
    if (IsDdl(statement) || model_.size() != collections) copies_.clear();
    Keep(*reply);
  }

  void Keep(const std::string& reply) {
    copies_.emplace_back(Document(reply)["operationTime"].AsTimestamp(), model_);
    if (copies_.size() > kKeptCopies) copies_.pop_front();
  }

  void Transact() {
    const bool commit = Below(3) != 0;
    PlainModel after = model_;
    const std::string session(16, static_cast<char>('s'));
    const std::string lsid = Builder().Add("id", Uuid{session}).Finish();
    ++transaction_;
    const auto add_fields = [&](Builder& command, bool first) {
      command.Add("lsid", Document(lsid)).Add("txnNumber", transaction_).Add("autocommit", false);
      if (first) command.Add("startTransaction", true);
    };
    const int count = 1 + Below(4);
    for (int i = 0; i < count; ++i) {
      const std::string name = AnyName();
      if (after.count(name) == 0) return End(lsid, i == 0);
      const Statement statement = Below(2) == 0 ? Update(name) : Delete(name);
      Builder command{Document(statement.command)};
      add_fields(command, i == 0);
      const auto reply = client_->Run(kDb, command);
      ASSERT_TRUE(reply) << reply.error().ToString();
      ASSERT_TRUE(IsOk(*reply)) << Document(*reply)["errmsg"].AsString();
      statement.effect(after);
    }
    Builder end;
    end.Add(commit ? "commitTransaction" : "abortTransaction", 1);
    add_fields(end, false);
    const auto reply = client_->Run("admin", end);
    ASSERT_TRUE(reply && IsOk(*reply));
    if (commit) model_ = after;
    Keep(*reply);
  }

  /// Gives a transaction up before its end, when it was begun at all.
  void End(const std::string& lsid, bool not_begun) {
    if (not_begun) return;
    Builder end;
    end.Add("abortTransaction", 1)
        .Add("lsid", Document(lsid))
        .Add("txnNumber", transaction_)
        .Add("autocommit", false);
    const auto reply = client_->Run("admin", end);
    ASSERT_TRUE(reply && IsOk(*reply));
  }

  PlainModel ReadServer() {
    PlainModel model;
    Builder list;
    list.Add("listCollections", 1);
    const auto collections = client_->ReadAll(kDb, list);
    EXPECT_TRUE(collections) << collections.error().ToString();
    if (!collections) return model;
    for (const std::string& collection : *collections) {
      const std::string name{Document(collection)["name"].AsString()};
      model[name] = {};
      ReadInto(name, model[name], Timestamp{});
      Builder indexes;
      indexes.String("listIndexes", name);
      const auto specs = client_->ReadAll(kDb, indexes);
      EXPECT_TRUE(specs);
      for (const std::string& spec : *specs) {
        const std::string index{Document(spec)["name"].AsString()};
        if (index != "_id_") model[name].indexes.insert(index);
      }
    }
    return model;
  }

  /// With a timestamp: as it was then.
  void ReadInto(const std::string& name, PlainCollection& collection, Timestamp at) {
    Builder find;
    find.String("find", name).Add("batchSize", 7);
    if (at.value != 0) {
      const std::string concern =
          Builder().Add("level", "snapshot").Add("atClusterTime", at).Finish();
      find.Add("readConcern", Document(concern));
    }
    const auto documents = client_->ReadAll(kDb, find);
    ASSERT_TRUE(documents) << documents.error().ToString();
    for (const std::string& document : *documents) {
      collection.documents.push_back(ReadPlain(document));
    }
  }

  void Compare() { EXPECT_EQ(Describe(ReadServer()), Describe(model_)); }

  void ReadThePast() {
    if (copies_.empty()) return;
    const auto& [at, copy] =
        copies_[static_cast<std::size_t>(Below(static_cast<int>(copies_.size())))];
    for (const auto& [name, expected] : copy) {
      PlainCollection seen;
      ReadInto(name, seen, at);
      EXPECT_EQ(seen.documents, expected.documents) << name << " at " << at.counter();
    }
  }

  void KillBetween() {
    server_.Kill();
    Restart();
    EXPECT_EQ(Describe(ReadServer()), Describe(model_)) << "after a kill";
  }

  /// What was in progress may have happened, wholly, or not.
  void KillDuring() {
    const Statement statement = Draw();
    Builder command{Document(statement.command)};
    ASSERT_TRUE(client_->Send(DbOf(statement), command));
    if (Below(2) == 0) std::this_thread::sleep_for(std::chrono::microseconds(Below(400)));
    server_.Kill();
    Restart();
    PlainModel after = model_;
    statement.effect(after);
    const PlainModel found = ReadServer();
    EXPECT_TRUE(found == model_ || found == after) << statement.what << "\nfound:\n"
                                                   << Describe(found) << "before:\n"
                                                   << Describe(model_) << "after:\n"
                                                   << Describe(after);
    model_ = found;
  }

  void Restart() {
    ASSERT_TRUE(server_.Start());
    Reconnect();
    copies_.clear();  // the past is not kept over a restart
  }

  void ReplayOplog() {
    Builder find;
    find.Add("find", "oplog.rs");
    const auto entries = client_->ReadAll("local", find);
    ASSERT_TRUE(entries) << entries.error().ToString();
    PlainModel replayed;
    Timestamp last;
    for (const std::string& entry : *entries) {
      EXPECT_LT(last, Document(entry)["ts"].AsTimestamp());
      last = Document(entry)["ts"].AsTimestamp();
      ASSERT_EQ(ApplyEntry(entry, kDb, replayed), "");
    }
    EXPECT_EQ(Describe(replayed), Describe(model_)) << "after replaying the oplog";
  }

  std::mt19937_64 random_;
  DoubleProcess server_{{{"replset", "rs0"}}};
  std::unique_ptr<WireClient> client_;
  PlainModel model_;
  std::deque<std::pair<Timestamp, PlainModel>> copies_;
  std::int64_t transaction_ = 0;
};

class MongodbDoubleModelTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(MongodbDoubleModelTest, RandomHistoriesWithKillsEqualAPlainModel) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const char* statements = std::getenv("DBSTOW_STATEMENTS");
  History history(GetParam());
  history.Run(statements != nullptr ? std::atoi(statements) : 1000);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MongodbDoubleModelTest, ::testing::Values(1, 2, 3));

}  // namespace
}  // namespace dbstow::doubles::mongodb::testing
