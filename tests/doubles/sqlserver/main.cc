#include "doubles/sqlserver/server/sqlserver_double.h"

int main(int argc, char** argv) {
  return dbstow::doubles::RunDouble("sqlserver", argc, argv,
                                    dbstow::doubles::sqlserver::MakeSqlServerDouble);
}
