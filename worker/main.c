#include <stdio.h>

int main(void)
{
    puts("carillon " CARILLON_VERSION);
    return 0;
}
